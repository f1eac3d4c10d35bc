// What is under the pointer, the finger or the crosshair: its name, its share, and its outline in the picture.

import {byId, percent, setText} from '/element.js';
import {LabelMap} from '/rle.js';

const kStep = 0.02;  // of the picture, for an arrow key
const kLargeStep = 0.1;

/** Names regions on the stage. */
export class Hover {
  #player;
  #vocabulary;
  #stage = byId('stage');
  #box = byId('picture-box');
  #canvas = byId('highlight');
  #tip = byId('tip');
  #map = new LabelMap();
  #frame = null;       // the newest message
  #decoded = null;     // the message that #map is of
  #place = null;       // {x, y} in the picture, 0 to 1
  #by = '';            // pointer, touch or keys
  #chosen = '';        // a label that a list elsewhere points at
  #drawn = '';
  #pixels = null;

  /**
   * @param {import('/player.js').Player} player
   * @param {{colourOf: function(string): string, background: function(): string}} vocabulary
   */
  constructor(player, vocabulary) {
    this.#player = player;
    this.#vocabulary = vocabulary;
    const stage = this.#stage;
    const isMouse = ({pointerType}) => pointerType === 'mouse';
    stage.addEventListener('pointermove', (event) => isMouse(event) && this.#pointAt(event, 'pointer'));
    stage.addEventListener('pointerdown', (event) => this.#pointAt(event, isMouse(event) ? 'pointer' : 'touch'));
    stage.addEventListener('pointerleave', (event) => isMouse(event) && this.#by === 'pointer' && this.leave());
    document.addEventListener('pointerdown', ({target}) => {
      if (this.#by === 'touch' && !stage.contains(target)) this.leave();
    });
    stage.addEventListener('keydown', (event) => this.#key(event));
    stage.addEventListener('blur', () => this.#by === 'keys' && this.leave());
    player.addEventListener('change', () => this.#placeBox());
    new ResizeObserver(() => this.#placeBox()).observe(stage);
  }

  /** @param {Object} message of type frame */
  frame(message) {
    this.#frame = message;
    if (this.#place || this.#chosen) this.#show();
  }

  /** Outlines a class in the picture; '' ends it. */
  choose(label) {
    this.#chosen = label;
    this.#show();
  }

  leave() {
    this.#place = null;
    this.#by = '';
    setText(byId('under-crosshair'), '');
    this.#show();
  }

  /** What is at a place of the picture, x and y 0 to 1. */
  at(x, y) {
    const frame = this.#frame;
    if (!frame?.mask) return null;
    this.#decode();
    const [left, top, width, height] = frame.mask.rectangle;
    const column = Math.floor((x * frame.size[0] - left) / width * this.#map.width);
    const row = Math.floor((y * frame.size[1] - top) / height * this.#map.height);
    const id = this.#map.at(column, row);
    const region = frame.regions.find((one) => one.id === id);
    if (region) return {id, label: region.label, share: region.share};
    const others = frame.regions.reduce((sum, one) => sum + (one.id ? one.share : 0), 0);
    return {id: 0, label: this.#vocabulary.background(), share: Math.max(0, 1 - others)};
  }

  #decode() {
    if (this.#decoded === this.#frame) return;
    this.#decoded = this.#frame;
    this.#drawn = '';
    this.#map.decode(this.#frame.mask, this.#frame.regions);
  }

  #pointAt(event, by) {
    const stage = this.#stage.getBoundingClientRect();
    const box = this.#player.box();
    const x = (event.clientX - stage.left - this.#stage.clientLeft - box.left) / box.width;
    const y = (event.clientY - stage.top - this.#stage.clientTop - box.top) / box.height;
    if (!(x >= 0 && x < 1 && y >= 0 && y < 1)) {
      if (this.#place) this.leave();
      return;
    }
    this.#place = {x, y};
    this.#by = by;
    this.#show();
  }

  #key(event) {
    const step = event.shiftKey ? kLargeStep : kStep;
    const way = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step]}[event.key];
    if (event.key === 'Escape' && this.#place) this.leave();
    else if (way) {
      const from = this.#place ?? {x: 0.5, y: 0.5};
      const within = (value) => Math.min(Math.max(value, 0), 0.999);
      this.#place = this.#place ? {x: within(from.x + way[0]), y: within(from.y + way[1])} : from;
      this.#by = 'keys';
      this.#show();
    } else return;
    event.preventDefault();
  }

  #show() {
    const found = this.#place && this.at(this.#place.x, this.#place.y);
    const crosshair = byId('crosshair');
    crosshair.hidden = !(this.#place && this.#by === 'keys');
    if (!crosshair.hidden) {
      crosshair.style.left = `${this.#place.x * 100}%`;
      crosshair.style.top = `${this.#place.y * 100}%`;
    }
    this.#tip.hidden = !found;
    if (found) this.#showTip(found);
    this.#outline(found ? found.id : this.#idOf(this.#chosen));
  }

  #idOf(label) {
    if (!label || !this.#frame?.mask) return 0;
    this.#decode();
    return this.#frame.regions.find((one) => one.label === label)?.id ?? 0;
  }

  #showTip({id, label, share}) {
    const [swatch, name, amount] = this.#tip.children;
    swatch.style.backgroundColor = this.#vocabulary.colourOf(label);
    swatch.hidden = id === 0;
    setText(name, label);
    setText(amount, percent(share));
    if (this.#by !== 'pointer') setText(byId('under-crosshair'), label);
    const box = this.#player.box();
    const x = box.left + this.#place.x * box.width;
    const y = box.top + this.#place.y * box.height;
    const {offsetWidth, offsetHeight} = this.#tip;
    const {clientWidth} = this.#stage;
    const gap = this.#by === 'touch' ? 32 : 14;
    const left = x + gap + offsetWidth < clientWidth ? x + gap : x - gap - offsetWidth;
    const top = y - gap - offsetHeight > 4 ? y - gap - offsetHeight : y + gap;
    this.#tip.style.transform = `translate(${Math.max(4, left)}px, ${top}px)`;
  }

  /** Lays the box that holds the outline and the crosshair over the picture. */
  #placeBox() {
    const box = this.#player.box();
    for (const side of ['left', 'top', 'width', 'height']) this.#box.style[side] = `${box[side]}px`;
  }

  /** Outlines a region and dims the rest; id 0 clears it. */
  #outline(id) {
    this.#canvas.hidden = id === 0;
    if (id === 0) return;
    const key = String(id);
    if (this.#drawn === key) return;
    this.#drawn = key;
    const {width, height, ids} = this.#map;
    const canvas = this.#canvas;
    const context = canvas.getContext('2d');
    if (canvas.width !== width || canvas.height !== height || !this.#pixels) {
      canvas.width = width;
      canvas.height = height;
      this.#pixels = context.createImageData(width, height);
    }
    const shades = new Uint32Array(this.#pixels.data.buffer);
    for (let y = 0, i = 0; y < height; ++y) {
      for (let x = 0; x < width; ++x, ++i) {
        if (ids[i] !== id) {
          shades[i] = kDim;
          continue;
        }
        const edge = (x > 0 && ids[i - 1] !== id) || (x + 1 < width && ids[i + 1] !== id) ||
          (y > 0 && ids[i - width] !== id) || (y + 1 < height && ids[i + width] !== id);
        shades[i] = edge ? kEdge : 0;
      }
    }
    context.putImageData(this.#pixels, 0, 0);
    this.#placeMask();
  }

  #placeMask() {
    const {size, mask} = this.#frame;
    const [left, top, width, height] = mask.rectangle;
    const style = this.#canvas.style;
    style.left = `${left / size[0] * 100}%`;
    style.top = `${top / size[1] * 100}%`;
    style.width = `${width / size[0] * 100}%`;
    style.height = `${height / size[1] * 100}%`;
  }
}

const kDim = 0x66000000;   // black at 40 %, as ABGR
const kEdge = 0xffffffff;  // white

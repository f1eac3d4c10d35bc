// Which classes were there in the last five minutes: one small area chart a class.

import {byId, percent, setText} from '/element.js';

const kSeconds = 300;
const kLanes = 8;        // classes shown, those with the largest shares
const kPresent = 0.005;  // a class that never had more is not shown
const kPad = 18;         // below the lanes, for the time
const kText = 12;        // size of the text, CSS pixels

/** The last five minutes' shares, a sample a second. Older ones are forgotten. */
export class Record {
  #slots = Array.from({length: kSeconds}, () => null);  // by second modulo kSeconds: {second, shares}
  latest = 0;  // second of the newest sample

  clear() {
    this.#slots.fill(null);
    this.latest = 0;
  }

  /**
   * The newest sample of a second counts. True where it is the first one.
   * @param {number} time milliseconds since 1970
   * @param {Map<string, number>} shares by label
   */
  add(time, shares) {
    const second = Math.floor(time / 1000);
    if (!Number.isFinite(second)) return false;
    if (second <= this.latest - kSeconds) this.clear();  // the server's clock was set back
    const isNew = second > this.latest;
    this.#slots[second % kSeconds] = {second, shares};
    this.latest = Math.max(this.latest, second);
    return isNew;
  }

  /** The shares at `age` seconds before the newest; null where there is no sample. */
  at(age) {
    const second = this.latest - age;
    const slot = this.#slots[((second % kSeconds) + kSeconds) % kSeconds];
    return slot?.second === second ? slot.shares : null;
  }
}

/** The chart. */
export class History {
  #vocabulary;
  #canvas = byId('history');
  #record = new Record();
  #drawing = 0;
  #summary = 0;  // second in which the summary was written

  /** @param {import('/vocabulary.js').Vocabulary} vocabulary */
  constructor(vocabulary) {
    this.#vocabulary = vocabulary;
    vocabulary.addEventListener('change', () => this.#later());
    new ResizeObserver(() => this.#later()).observe(this.#canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#later());
  }

  /** @param {{samples: {time: number, shares: Object<string, number>}[]}} history as GET history answers */
  load({samples}) {
    this.#record.clear();
    for (const {time, shares} of samples.slice(-kSeconds)) this.#record.add(time, new Map(Object.entries(shares)));
    this.#later();
  }

  /** @param {Object} message of type frame */
  frame({time, regions}) {
    if (this.#record.add(Date.parse(time), new Map(regions.map((one) => [one.label, one.share])))) this.#later();
  }

  #later() {
    if (!this.#drawing) this.#drawing = requestAnimationFrame(() => this.#draw());
  }

  /** The labels to show, in the vocabulary's order, each with its largest share. */
  #lanes() {
    const peaks = new Map(this.#vocabulary.classes.map((one) => [one.label, 0]));
    for (let age = 0; age < kSeconds; ++age)
      for (const [label, share] of this.#record.at(age) ?? [])
        if (share > peaks.get(label)) peaks.set(label, share);
    const largest = [...peaks].filter(([, peak]) => peak >= kPresent).sort((a, b) => b[1] - a[1]).slice(0, kLanes);
    return [...peaks].filter(([label]) => largest.some(([other]) => other === label));
  }

  #draw() {
    this.#drawing = 0;
    const {clientWidth: width, clientHeight: height} = this.#canvas;
    if (!width) return;
    const scale = devicePixelRatio;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    const context = this.#canvas.getContext('2d');
    context.scale(scale, scale);
    const style = getComputedStyle(this.#canvas);
    context.font = `${kText}px ${style.fontFamily}`;
    context.textBaseline = 'middle';
    const lanes = this.#lanes();
    this.#summarise(lanes);
    if (!lanes.length) {
      context.fillStyle = style.getPropertyValue('--muted');
      context.fillText('No class has been seen yet.', 0, height / 2);
      return;
    }
    const names = Math.min(width * 0.35, Math.max(...lanes.map(([label]) => context.measureText(label).width)) + 10);
    const area = {left: Math.ceil(names), width: width - Math.ceil(names)};
    const lane = Math.min((height - kPad) / lanes.length, 44);
    lanes.forEach(([label], index) =>
      this.#drawLane(context, style, label, {...area, top: index * lane, height: lane}));
    this.#drawTime(context, style, area, lanes.length * lane);
  }

  /** One class. Heights are square roots of shares, or small things would not be seen. */
  #drawLane(context, style, label, {left, width, top, height}) {
    const base = top + height - 2.5;
    context.fillStyle = style.getPropertyValue('--text');
    context.textAlign = 'left';
    context.fillText(shorten(context, label, left - 10), 0, base - 7);
    context.fillStyle = style.getPropertyValue('--line');
    context.fillRect(left, base, width, 1);
    context.fillStyle = this.#vocabulary.colourOf(label) || style.getPropertyValue('--muted');
    const step = width / kSeconds;
    context.beginPath();
    context.moveTo(left + width, base);
    for (let age = 0; age < kSeconds; ++age) {
      const tall = Math.sqrt(this.#record.at(age)?.get(label) ?? 0) * (height - 4);
      context.lineTo(left + width - age * step, base - tall);
      context.lineTo(left + width - (age + 1) * step, base - tall);
    }
    context.lineTo(left, base);
    context.fill();
  }

  #drawTime(context, style, {left, width}, top) {
    context.fillStyle = style.getPropertyValue('--muted');
    const y = top + kPad / 2 + 1;
    context.textAlign = 'left';
    context.fillText('5 min ago', left, y);
    context.textAlign = 'right';
    context.fillText('now', left + width, y);
  }

  #summarise(lanes) {
    if (this.#record.latest - this.#summary < 10 && this.#summary) return;
    this.#summary = this.#record.latest;
    setText(byId('history-summary'), lanes.map(([label, peak]) => `${label} up to ${percent(peak)}`).join(', '));
  }
}

function shorten(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let end = text.length;
  while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > width) --end;
  return `${text.slice(0, end)}…`;
}

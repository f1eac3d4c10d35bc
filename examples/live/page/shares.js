// How much of the picture each class has, as bars.

import {byId, make, percent, setText} from '/element.js';

const kAllAtOnce = 10;   // classes; of more, those that are there come first
const kPresent = 0.005;  // share from which a class counts as there
const kStays = 3000;     // a class that is gone keeps its place so long, milliseconds

/** Fires `point` with the label pointed at. */
export class Shares extends EventTarget {
  #vocabulary;
  #list = byId('shares');
  #rows = new Map();   // by label
  #latest = new Map(); // shares by label
  #seen = new Map();   // by label: when it was there last
  #drawing = 0;

  /** @param {import('/vocabulary.js').Vocabulary} vocabulary */
  constructor(vocabulary) {
    super();
    this.#vocabulary = vocabulary;
    vocabulary.addEventListener('change', () => this.#later());
  }

  /** @param {Object} message of type frame */
  frame({regions}) {
    this.#latest = new Map(regions.map((one) => [one.label, one.share]));
    this.#later();
  }

  /** Frames between two pictures of the screen are left out. */
  #later() {
    if (!this.#drawing) this.#drawing = requestAnimationFrame(() => this.#show());
  }

  #show() {
    this.#drawing = 0;
    const now = performance.now();
    const labels = this.#vocabulary.classes.map((one) => one.label);
    const known = new Set(labels);
    for (const [label, row] of this.#rows) {
      if (known.has(label)) continue;
      row.element.remove();
      this.#rows.delete(label);
      this.#seen.delete(label);
    }
    for (const label of labels) {
      const share = this.#latest.get(label) ?? 0;
      if (share >= kPresent) this.#seen.set(label, now);
      const row = this.#rows.get(label) ?? this.#make(label);
      this.#rows.set(label, row);
      this.#fill(row, label, share);
    }
    this.#list.classList.toggle('long', labels.length > kAllAtOnce);
    // Only a list that scrolls has to be reached by keyboard.
    if (labels.length > kAllAtOnce) this.#list.tabIndex = 0;
    else this.#list.removeAttribute('tabindex');
    this.#order(labels, now);
  }

  #order(labels, now) {
    const isThere = (label) => now - (this.#seen.get(label) ?? -Infinity) < kStays;
    const ordered = labels.length <= kAllAtOnce ? labels
        : [...labels.filter(isThere), ...labels.filter((label) => !isThere(label))];
    ordered.forEach((label, index) => {
      const {element} = this.#rows.get(label);
      if (this.#list.children[index] !== element) this.#list.insertBefore(element, this.#list.children[index] ?? null);
    });
  }

  #make(label) {
    const swatch = make('span', {className: 'swatch'});
    const name = make('span', {className: 'name', title: label}, label);
    const amount = make('span', {className: 'amount'});
    const bar = make('span', {className: 'bar'});
    const track = make('span', {className: 'track', 'aria-hidden': 'true'}, bar);
    const element = make('li', {}, swatch, name, track, amount);
    const point = (to) => () => this.dispatchEvent(new CustomEvent('point', {detail: to}));
    element.addEventListener('pointerenter', point(label));
    element.addEventListener('pointerleave', point(''));
    return {element, swatch, amount, bar};
  }

  #fill(row, label, share) {
    const colour = this.#vocabulary.colourOf(label);
    row.swatch.style.backgroundColor = colour;
    row.bar.style.backgroundColor = colour;
    row.bar.style.transform = `scaleX(${share})`;
    row.element.classList.toggle('absent', share < 0.0005);
    setText(row.amount, percent(share));
  }
}

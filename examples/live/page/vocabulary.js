// The words as the server has them, and changes to them.

/** @typedef {{label: string, synonyms: string[], colour: ?string, threshold: ?number}} Class */

/** Labels that naclipoverlay's `classes` hides, written `!car,!person`. */
function parseClasses(text) {
  return text.split(/[,;]/).map((one) => one.trim()).filter(Boolean);
}

/** Fires `change`. All changes go through it one after the other, each on top of what the server has by then. */
export class Vocabulary extends EventTarget {
  /** @type {Class[]} as asked for last */
  classes = [];
  /** As asked for last, in the grammar. */
  text = '';
  /** By region id, in use. */
  labels = [];
  colours = [];
  pending = false;
  #api;
  #chosen = '';  // naclipoverlay's classes
  #inUse = null; // classes when nothing was pending last, as JSON by label
  #queue = Promise.resolve();

  /** @param {import('/api.js').Api} api */
  constructor(api) {
    super();
    this.#api = api;
  }

  /** Asks the server for everything. */
  async load() {
    this.take(await this.#api.get('/api/v1/vocabulary'));
  }

  /** @param {Object} words as GET vocabulary answers */
  take(words) {
    this.classes = words.classes;
    this.text = words.vocabulary;
    this.labels = words.labels;
    this.colours = words.colours;
    this.pending = words.pending;
    if (!this.pending) this.#inUse = new Map(this.classes.map((one) => [one.label, wordsOf(one)]));
    this.dispatchEvent(new Event('change'));
  }

  /** @param {{labels: string[], colours: string[]}} message naclip/1's: what masks use from now on */
  takeLabels({labels, colours}) {
    this.labels = labels;
    this.colours = colours;
    this.dispatchEvent(new Event('change'));
  }

  /** @param {Object} properties as GET properties answers */
  takeProperties(properties) {
    const chosen = properties.naclipoverlay?.classes?.value ?? '';
    if (chosen === this.#chosen) return;
    this.#chosen = chosen;
    this.dispatchEvent(new Event('change'));
  }

  /** The colour of a label in use, or that it was asked to have; '' where the server has yet to choose. */
  colourOf(label) {
    const own = this.classes.find((one) => one.label === label)?.colour;
    return own ?? this.colours[this.labels.indexOf(label)] ?? '';
  }

  /** What pixels without a class are called. */
  background() {
    return this.labels[0] ?? 'background';
  }

  /** Whether a class's words are still being encoded. */
  isPending(one) {
    if (!this.pending) return false;
    return this.#inUse ? this.#inUse.get(one.label) !== wordsOf(one) : !this.labels.includes(one.label);
  }

  isHidden(label) {
    const chosen = parseClasses(this.#chosen);
    if (chosen.includes(`!${label}`)) return true;
    const named = chosen.filter((one) => !one.startsWith('!') && one !== '*');
    return named.length > 0 && !chosen.includes('*') && !named.includes(label);
  }

  /** Shows or hides a class in the picture. */
  setHidden(label, hidden) {
    return this.#inTurn(() => this.#putHidden((one) => one === label ? hidden : this.isHidden(one)));
  }

  /**
   * Adds classes.
   * @param {string} typed in the grammar: one word, or synonyms, or classes between semicolons
   */
  add(typed) {
    return this.#inTurn(() => this.#put({vocabulary: this.text ? `${this.text}\n${typed}` : typed}));
  }

  /** @param {string} text all classes, in the grammar */
  replace(text) {
    return this.#inTurn(() => this.#put({vocabulary: text}));
  }

  remove(label) {
    return this.#inTurn(async () => {
      await this.#put({classes: this.classes.filter((one) => one.label !== label)});
      if (this.isHidden(label)) await this.#putHidden((one) => one !== label && this.isHidden(one));
    });
  }

  /**
   * Puts a class in another's place; where that is gone, adds it.
   * @param {string} label of the one to be replaced
   * @param {Class} changed
   */
  change(label, changed) {
    return this.#inTurn(async () => {
      const classes = this.classes.map((one) => one.label === label ? changed : one);
      if (!classes.includes(changed)) classes.push(changed);
      const hidden = this.isHidden(label);
      await this.#put({classes});
      if (hidden && changed.label !== label)
        await this.#putHidden((one) => one === changed.label || (one !== label && this.isHidden(one)));
    });
  }

  async #put(json) {
    this.take(await this.#api.put('/api/v1/vocabulary', json));
  }

  async #putHidden(hides) {
    const hidden = this.classes.map((one) => one.label).filter(hides);
    const classes = hidden.map((label) => `!${label}`).join(',');
    this.takeProperties(await this.#api.put('/api/v1/properties', {naclipoverlay: {classes}}));
  }

  #inTurn(change) {
    const done = this.#queue.then(change);
    this.#queue = done.catch(() => {});
    return done;
  }
}

/** What of a class has to be encoded. */
const wordsOf = (one) => JSON.stringify(one.synonyms);

/** What went wrong as a sentence, without the place in the text, which the user has not seen as a whole. */
export function reason(error) {
  const text = error.message.replace(/^vocabulary:\d+:\d+:\s*/, '');
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');
}

/** "car, truck" as a list. */
export function splitWords(text) {
  return text.split(',').map((one) => one.trim().replace(/\s+/g, ' ')).filter(Boolean);
}

// The panel in which one class is changed.

import {byId, setText} from '/element.js';
import {reason, splitWords} from '/vocabulary.js';

const kGap = 8;  // between the chip and the panel, CSS pixels

/** Name, synonyms, colour, threshold of a class, and whether it is shown. */
export class Editor {
  #vocabulary;
  #focus;
  #dialog = byId('editor');
  #name = byId('editor-name');
  #words = byId('editor-words');
  #automatic = byId('editor-automatic');
  #colour = byId('editor-colour');
  #general = byId('editor-general');
  #threshold = byId('editor-threshold');
  #shown = byId('editor-shown');
  #label = '';
  #before = '';  // the class as it was on opening, as JSON
  #saving = false;

  /**
   * @param {import('/vocabulary.js').Vocabulary} vocabulary
   * @param {function(string): void} focus puts the focus on the chip of a label
   */
  constructor(vocabulary, focus) {
    this.#vocabulary = vocabulary;
    this.#focus = focus;
    byId('editor-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#save();
    });
    byId('editor-cancel').addEventListener('click', () => this.#dialog.close());
    byId('editor-remove').addEventListener('click', () => this.#remove());
    this.#dialog.addEventListener('click', (event) => event.target === this.#dialog && this.#dialog.close());
    this.#name.addEventListener('input', () => this.#renamed());
    this.#words.addEventListener('input', () => { this.#words.dataset.own = 'true'; });
    for (const box of [this.#automatic, this.#general]) box.addEventListener('change', () => this.#enable());
    this.#colour.addEventListener('input', () => {
      this.#automatic.checked = false;
      this.#enable();
    });
    this.#threshold.addEventListener('input', () => {
      this.#general.checked = false;
      this.#enable();
    });
    vocabulary.addEventListener('change', () => this.#dialog.open && !this.#saving && this.#changedElsewhere());
  }

  /**
   * @param {string} label
   * @param {Element} at the chip that it is opened at
   */
  open(label, at) {
    const one = this.#vocabulary.classes.find((other) => other.label === label);
    if (!one) return;
    this.#label = label;
    this.#before = JSON.stringify(one);
    setText(byId('editor-title'), `Edit “${label}”`);
    this.#name.value = label;
    this.#words.value = one.synonyms.join(', ');
    // Where the name is the word, a new name is a new word until the words are changed themselves.
    this.#words.dataset.own = String(one.synonyms.length !== 1 || one.synonyms[0] !== label);
    this.#automatic.checked = one.colour === null;
    this.#colour.value = this.#vocabulary.colourOf(label) || '#808080';
    this.#general.checked = one.threshold === null;
    this.#threshold.value = String(one.threshold ?? 0);
    this.#shown.checked = !this.#vocabulary.isHidden(label);
    setText(byId('editor-problem'), '');
    byId('editor-note').hidden = true;
    this.#enable();
    this.#dialog.showModal();
    this.#place(at.getBoundingClientRect());
    this.#name.select();
  }

  /** At the chip where there is room; narrow screens have it at their lower edge (page.css). */
  #place(chip) {
    const {offsetWidth, offsetHeight, style} = this.#dialog;
    const left = Math.min(chip.left, innerWidth - offsetWidth - kGap);
    const above = chip.top - kGap - offsetHeight;
    const below = chip.bottom + kGap;
    const top = below + offsetHeight + kGap <= innerHeight || above < kGap ? below : above;
    style.setProperty('--left', `${Math.max(kGap, left)}px`);
    style.setProperty('--top', `${Math.max(kGap, Math.min(top, innerHeight - offsetHeight - kGap))}px`);
  }

  #enable() {
    this.#colour.classList.toggle('unset', this.#automatic.checked);
    this.#threshold.classList.toggle('unset', this.#general.checked);
    setText(byId('editor-threshold-value'), this.#general.checked ? '' : Number(this.#threshold.value).toFixed(2));
  }

  #renamed() {
    if (this.#words.dataset.own === 'false') this.#words.value = this.#name.value;
  }

  #changedElsewhere() {
    const one = this.#vocabulary.classes.find((other) => other.label === this.#label);
    if (one && JSON.stringify(one) === this.#before) return;
    const note = byId('editor-note');
    setText(note, one ? 'It was changed elsewhere meanwhile. Save replaces that.'
                      : 'It was removed elsewhere meanwhile. Save adds it again.');
    note.hidden = false;
  }

  async #save() {
    const label = this.#name.value.trim().replace(/\s+/g, ' ');
    const synonyms = splitWords(this.#words.value);
    if (!label && !synonyms.length) return this.#fail('Write a name, or a word to look for.');
    const changed = {
      label: label || synonyms[0],
      synonyms: synonyms.length ? synonyms : [label],
      colour: this.#automatic.checked ? null : this.#colour.value,
      threshold: this.#general.checked ? null : Number(this.#threshold.value),
    };
    await this.#try(async () => {
      if (JSON.stringify(changed) !== this.#before || !byId('editor-note').hidden)
        await this.#vocabulary.change(this.#label, changed);
      if (this.#vocabulary.isHidden(changed.label) === this.#shown.checked)
        await this.#vocabulary.setHidden(changed.label, !this.#shown.checked);
    }, changed.label);
  }

  #remove() {
    return this.#try(() => this.#vocabulary.remove(this.#label), '');
  }

  /** Closes where the change is accepted; else says why not. */
  async #try(change, label) {
    this.#saving = true;
    try {
      await change();
      this.#dialog.close();
      if (label) this.#focus(label);
    } catch (error) {
      this.#fail(reason(error));
    }
    this.#saving = false;
  }

  #fail(why) {
    setText(byId('editor-problem'), why);
  }
}

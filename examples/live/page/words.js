// The words as chips, and as text.

import {byId, icon, make, setIcon, setText} from '/element.js';
import {Editor} from '/editor.js';
import {reason} from '/vocabulary.js';

/** The card with the chips: adds, removes, hides; opens the editor. Fires `point` with the label pointed at. */
export class Words extends EventTarget {
  #vocabulary;
  #chips = new Map();     // by label
  #problems = new Map();  // by label: why the last change to it was refused
  #list = byId('chips');
  #input = byId('new-word');
  #editor;

  /** @param {import('/vocabulary.js').Vocabulary} vocabulary */
  constructor(vocabulary) {
    super();
    this.#vocabulary = vocabulary;
    this.#editor = new Editor(vocabulary, (label) => this.#chips.get(label)?.edit.focus());
    byId('add').addEventListener('submit', (event) => this.#add(event));
    this.#input.addEventListener('input', () => setText(byId('add-problem'), ''));
    vocabulary.addEventListener('change', () => this.#show());
    new TextMode(vocabulary);
  }

  async #add(event) {
    event.preventDefault();
    const typed = this.#input.value.trim();
    if (!typed) return;
    try {
      await this.#vocabulary.add(typed);
      if (this.#input.value.trim() === typed) this.#input.value = '';
      setText(byId('add-problem'), '');
    } catch (error) {
      setText(byId('add-problem'), `“${typed}” was not added. ${reason(error)}`);
    }
    this.#input.focus();
  }

  #show() {
    const {classes, pending} = this.#vocabulary;
    const waiting = classes.filter((one) => this.#vocabulary.isPending(one));
    setText(byId('encoding'), !pending ? '' : waiting.length !== 1 ? 'Encoding the new words…'
                                                                  : `Encoding “${waiting[0].label}”…`);
    const labels = new Set(classes.map((one) => one.label));
    for (const [label, chip] of this.#chips) {
      if (labels.has(label)) continue;
      this.#moveFocus(chip.element);
      chip.element.remove();
      this.#chips.delete(label);
      this.#problems.delete(label);
    }
    classes.forEach((one, index) => {
      const chip = this.#chips.get(one.label) ?? this.#make(one.label);
      this.#chips.set(one.label, chip);
      this.#fill(chip, one);
      // An element that is where it belongs keeps its focus.
      const there = this.#list.children[index] ?? null;
      if (there !== chip.element) this.#list.insertBefore(chip.element, there);
    });
  }

  /** The focus goes on to the neighbour of a chip that is removed. */
  #moveFocus(element) {
    if (!element.contains(document.activeElement)) return;
    const next = element.nextElementSibling ?? element.previousElementSibling;
    (next?.querySelector('.edit') ?? this.#input).focus();
  }

  #make(label) {
    const swatch = make('span', {className: 'swatch'});
    const name = make('span', {className: 'name'}, label);
    const edit = make('button', {type: 'button', className: 'edit'}, swatch, name);
    const eye = icon('shown');
    const show = make('button', {type: 'button', className: 'icon-only show'}, eye);
    const remove = make('button', {type: 'button', className: 'icon-only remove', title: `Remove ${label}`,
      'aria-label': `Remove ${label}`}, icon('remove'));
    const problem = make('p', {className: 'problem', role: 'alert', hidden: true});
    const body = make('div', {className: 'chip-body'}, edit, show, remove);
    const element = make('li', {className: 'chip'}, body, problem);
    element.dataset.label = label;
    edit.addEventListener('click', () => this.#editor.open(label, body));
    show.addEventListener('click', () =>
      this.#try(label, () => this.#vocabulary.setHidden(label, !this.#vocabulary.isHidden(label))));
    remove.addEventListener('click', () => this.#try(label, () => this.#vocabulary.remove(label)));
    const point = (to) => () => this.dispatchEvent(new CustomEvent('point', {detail: to}));
    body.addEventListener('pointerenter', point(label));
    body.addEventListener('pointerleave', point(''));
    return {element, edit, swatch, name, show, eye, problem};
  }

  #fill(chip, one) {
    const {label, synonyms, threshold} = one;
    const pending = this.#vocabulary.isPending(one);
    const hidden = this.#vocabulary.isHidden(label);
    const colour = this.#vocabulary.colourOf(label);
    chip.element.classList.toggle('pending', pending);
    chip.element.classList.toggle('hidden-class', hidden);
    chip.swatch.style.backgroundColor = colour;
    const own = synonyms.length === 1 && synonyms[0] === label;
    const about = [label];
    if (!own) about.push(`looks for ${synonyms.join(', ')}`);
    if (threshold !== null) about.push(`threshold ${threshold}`);
    if (pending) about.push('being encoded');
    chip.edit.title = about.join('; ');
    chip.edit.setAttribute('aria-label', `Edit ${about.join('; ')}`);
    chip.show.title = hidden ? `Show ${label} in the picture` : `Hide ${label} in the picture`;
    chip.show.setAttribute('aria-label', chip.show.title);
    setIcon(chip.eye, hidden ? 'hidden' : 'shown');
    const problem = this.#problems.get(label) ?? '';
    chip.problem.hidden = !problem;
    setText(chip.problem, problem);
  }

  async #try(label, change) {
    this.#problems.delete(label);
    try {
      await change();
    } catch (error) {
      this.#problems.set(label, reason(error));
    }
    this.#show();
  }
}

/** All words as text, in the grammar. */
class TextMode {
  #vocabulary;
  #form = byId('text-mode');
  #text = byId('text');
  #toggle = byId('as-text');
  #begun = '';  // the server's text when editing began

  constructor(vocabulary) {
    this.#vocabulary = vocabulary;
    this.#toggle.addEventListener('click', () => this.#form.hidden ? this.#open() : this.#close());
    byId('text-cancel').addEventListener('click', () => this.#close());
    this.#form.addEventListener('submit', (event) => this.#apply(event));
    this.#form.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.#close();
      else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.#apply(event);
    });
    vocabulary.addEventListener('change', () => this.#changed());
  }

  #open() {
    this.#fill();
    setText(byId('text-problem'), '');
    this.#switch(true);
    this.#text.focus();
  }

  #close() {
    this.#switch(false);
    this.#toggle.focus();
  }

  #switch(open) {
    this.#form.hidden = !open;
    byId('chip-mode').hidden = open;
    byId('add').hidden = open;
    this.#toggle.setAttribute('aria-expanded', String(open));
  }

  #fill() {
    this.#begun = this.#vocabulary.text;
    this.#text.value = asLines(this.#begun);
  }

  /** What somebody else changed is shown where nothing was typed, else told. */
  #changed() {
    if (this.#form.hidden || this.#vocabulary.text === this.#begun) return;
    if (this.#text.value === asLines(this.#begun)) this.#fill();
    else setText(byId('text-problem'),
      `The words were changed elsewhere: ${this.#vocabulary.text}. Apply replaces them with yours.`);
  }

  async #apply(event) {
    event.preventDefault();
    this.#begun = '';
    try {
      await this.#vocabulary.replace(this.#text.value);
      this.#close();
    } catch (error) {
      setText(byId('text-problem'), error.message);
    }
  }
}

/** One class a line; a text with comments stays as it is, for they may hold semicolons. */
function asLines(text) {
  return /^\s*#/m.test(text) ? text : text.replace(/\s*;\s*/g, '\n').trim();
}

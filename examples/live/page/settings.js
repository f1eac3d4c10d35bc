// Properties of the elements: three as sliders, all of them as a list.

import {byId, make, setText} from '/element.js';

const kQuick = [
  {element: 'naclipoverlay', name: 'opacity', title: 'Opacity', help: 'of the colours'},
  {element: 'naclipsegment', name: 'threshold', title: 'Threshold', help: 'below it, nothing is shown'},
  {element: 'naclipsegment', name: 'smoothing', title: 'Smoothing', help: 'steadier masks'},
];
const kElsewhere = new Set(['naclipsegment.vocabulary', 'naclipsegment.vocabulary-file']);
const kTitles = {naclipsegment: 'Masks (naclipsegment)', naclipoverlay: 'Overlay (naclipoverlay)'};

/** Fires `properties` with the server's answer to a change. */
export class Settings extends EventTarget {
  #api;
  #quick = new Map();  // Control by "element.name"
  #all = new Map();
  #wanted = new Map(); // values on their way, by "element.name"
  #sending = false;

  /** @param {import('/api.js').Api} api */
  constructor(api) {
    super();
    this.#api = api;
  }

  /** @param {Object} properties as GET properties answers */
  take(properties) {
    for (const choice of kQuick) {
      const property = properties[choice.element]?.[choice.name];
      if (property) this.#control(this.#quick, byId('quick'), choice.element, choice.name, property, choice);
    }
    for (const [element, list] of Object.entries(properties)) {
      if (element === 'schema' || element === 'type') continue;
      for (const [name, property] of Object.entries(list)) {
        if (kElsewhere.has(`${element}.${name}`)) continue;
        this.#control(this.#all, this.#group(element), element, name, property);
      }
    }
  }

  #group(element) {
    const id = `settings-${element}`;
    const there = byId(id);
    if (there) return there;
    const group = make('fieldset', {id}, make('legend', {}, kTitles[element] ?? element));
    byId('settings').append(group);
    return group;
  }

  #control(controls, parent, element, name, property, choice = null) {
    const key = `${element}.${name}`;
    let control = controls.get(key);
    if (!control) {
      control = choice ? new Slider(key, choice, property) : new Row(key, name, property);
      control.onset = (value) => this.#set(element, name, value, control);
      controls.set(key, control);
      parent.append(control.element);
    }
    if (!this.#wanted.has(key)) control.show(property.value);
  }

  /** One request at a time; of the values that a slider passes meanwhile, the last one counts. */
  async #set(element, name, value, control) {
    this.#wanted.set(`${element}.${name}`, {element, name, value, control});
    if (this.#sending) return;
    this.#sending = true;
    while (this.#wanted.size) {
      const [[key, wanted]] = this.#wanted;
      await this.#send(key, wanted);
    }
    this.#sending = false;
  }

  async #send(key, wanted) {
    try {
      const properties = await this.#api.put('/api/v1/properties', {[wanted.element]: {[wanted.name]: wanted.value}});
      wanted.control.problem('');
      if (this.#wanted.get(key) === wanted) this.#wanted.delete(key);
      this.dispatchEvent(new CustomEvent('properties', {detail: properties}));
    } catch (error) {
      wanted.control.problem(error.message);
      if (this.#wanted.get(key) === wanted) this.#wanted.delete(key);
    }
  }
}

/** What a control of either kind has: onset(value), show(value), problem(text). */
class Control {
  onset = () => {};
  #problem = make('p', {className: 'problem', role: 'alert'});

  constructor(className) {
    this.element = make('div', {className});
  }

  finish() {
    this.element.append(this.#problem);
  }

  problem(text) {
    setText(this.#problem, text);
  }
}

class Slider extends Control {
  #input;
  #output = make('output', {});

  constructor(key, {title, help}, property) {
    super('slider');
    const id = `quick-${key}`;
    const {minimum, maximum} = property;
    this.#input = make('input', {id, type: 'range', min: minimum, max: maximum, step: (maximum - minimum) / 100});
    this.#input.addEventListener('input', () => {
      this.#tell();
      this.onset(Number(this.#input.value));
    });
    const label = make('label', {htmlFor: id}, title, make('span', {className: 'help'}, help));
    this.element.append(label, this.#output, this.#input);
    this.finish();
  }

  show(value) {
    this.#input.value = value;
    this.#tell();
  }

  #tell() {
    setText(this.#output, Number(this.#input.value).toFixed(2));
    const {min, max, value} = this.#input;
    this.#input.style.setProperty('--filled', `${(value - min) / (max - min) * 100}%`);
  }
}

class Row extends Control {
  #input;
  #type;
  #shown;  // the server's value

  constructor(key, name, property) {
    super('setting');
    this.#type = property.type;
    const id = `setting-${key}`;
    const help = `${id}-help`;
    this.#input = this.#make(property);
    this.#input.id = id;
    this.#input.setAttribute('aria-describedby', help);
    this.#input.addEventListener('change', () => this.#changed());
    const label = make('label', {htmlFor: id}, name);
    if (this.#type === 'boolean') label.classList.add('wide');
    this.element.append(label, this.#input, make('p', {id: help, className: 'help'}, property.description ?? ''));
    this.finish();
  }

  /** What is being typed stays. */
  show(value) {
    const isTyped = this.#input === document.activeElement && this.#type !== 'boolean' &&
      this.#shown !== undefined && this.#input.value !== String(this.#shown);
    this.#shown = value;
    if (isTyped) return;
    if (this.#type === 'boolean') this.#input.checked = value;
    else this.#input.value = String(value);
  }

  #make({type, choices, minimum, maximum}) {
    if (type === 'choice') return make('select', {}, ...choices.map((one) => make('option', {value: one}, one)));
    if (type === 'boolean') return make('input', {type: 'checkbox'});
    if (type === 'text') return make('input', {type: 'text', spellcheck: false, autocapitalize: 'none'});
    const input = make('input', {type: 'number', ...(type === 'integer' ? {step: 1, inputMode: 'numeric'}
                                                                        : {step: 'any', inputMode: 'decimal'})});
    if (minimum !== undefined) input.min = minimum;
    if (maximum !== undefined) input.max = maximum;
    return input;
  }

  #changed() {
    const {value, checked, validity} = this.#input;
    if (this.#type === 'boolean') return this.onset(checked);
    if (this.#type === 'choice' || this.#type === 'text') return this.onset(value);
    if (validity.badInput || value === '') return this.problem('Write a number.');
    this.onset(Number(value));
  }
}

// What the user is told: a few notices over the page, and a log of the last ones.

import {byId, icon, make, setText} from '/element.js';

const kShown = 3;      // notices at once
const kStays = 20000;  // milliseconds
const kLogged = 50;

/** Both are bounded, however much there is to tell. */
export class Notices {
  #notices = byId('notices');
  #log = byId('log');
  #timers = new Map();  // by notice

  /** Something that the user tried did not work. */
  problem(text) {
    this.#note(text, 'alert');
    this.log(text);
  }

  /** The server warns. */
  warning(text) {
    this.#note(text, 'status');
    this.log(text);
  }

  /** Only in the log. */
  log(text) {
    const time = make('time', {}, new Date().toLocaleTimeString());
    const newest = this.#log.firstElementChild;
    if (newest?.lastElementChild.textContent === text) newest.firstElementChild.replaceWith(time);
    else this.#log.prepend(make('li', {}, time, make('span', {}, text)));
    while (this.#log.childElementCount > kLogged) this.#log.lastElementChild.remove();
    setText(byId('log-count'), String(this.#log.childElementCount));
    byId('log-empty').hidden = true;
  }

  #note(text, role) {
    for (const other of this.#notices.children)
      if (other.firstElementChild.textContent === text) this.#drop(other);
    const close = make('button', {type: 'button', className: 'icon-only', 'aria-label': 'Dismiss', title: 'Dismiss'},
      icon('remove'));
    const notice = make('div', {className: 'notice', role}, make('p', {}, text), close);
    close.addEventListener('click', () => this.#drop(notice));
    this.#notices.append(notice);
    while (this.#notices.childElementCount > kShown) this.#drop(this.#notices.firstElementChild);
    this.#dropLater(notice, kStays);
  }

  /** One that is being read or has the focus stays. */
  #dropLater(notice, pause) {
    this.#timers.set(notice, setTimeout(() => {
      if (notice.matches(':hover, :focus-within')) this.#dropLater(notice, 2000);
      else this.#drop(notice);
    }, pause));
  }

  #drop(notice) {
    clearTimeout(this.#timers.get(notice));
    this.#timers.delete(notice);
    notice.remove();
  }
}

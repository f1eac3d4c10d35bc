// Signing in and out.

import {byId, setText} from '/element.js';

/** Fires `in` once the server may be asked, and `out` where it wants a token first. */
export class Session extends EventTarget {
  #api;

  /** @param {import('/api.js').Api} api */
  constructor(api) {
    super();
    this.#api = api;
    api.addEventListener('unauthorised', () => this.#ask());
    byId('sign-in').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#signIn();
    });
    byId('sign-out').addEventListener('click', () => this.#signOut());
  }

  /** Asks the server whether a token is needed. */
  async check() {
    const {required, authenticated} = await this.#api.get('/api/v1/session');
    byId('sign-out').hidden = !(required && authenticated);
    if (required && !authenticated) this.#ask();
    else this.#enter();
  }

  #ask() {
    if (!byId('sign-in-view').hidden) return;
    byId('live-view').hidden = true;
    byId('sign-in-view').hidden = false;
    byId('sign-out').hidden = true;
    this.dispatchEvent(new Event('out'));
    byId('token').focus();
  }

  #enter() {
    byId('sign-in-view').hidden = true;
    byId('live-view').hidden = false;
    this.dispatchEvent(new Event('in'));
  }

  async #signIn() {
    const field = byId('token');
    try {
      await this.#api.post('/api/v1/session', {token: field.value.trim()});
      field.value = '';
      setText(byId('sign-in-error'), '');
      await this.check();
    } catch (error) {
      setText(byId('sign-in-error'), error.message);
      field.select();
    }
  }

  async #signOut() {
    try {
      await this.#api.request('DELETE', '/api/v1/session');
      this.#ask();
    } catch {
      byId('sign-out').title = 'The server does not answer';
    }
  }
}

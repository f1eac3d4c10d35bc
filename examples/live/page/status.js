// The line of figures below the picture, and whether the server and its camera are there.

import {byId, setText} from '/element.js';

const milliseconds = (time) => time === undefined ? '–' : `${Math.round(time / 1e6)} ms`;

/** Shows status messages. */
export class Status {
  #fields = new Map([...byId('status').querySelectorAll('dd')].map((field) => [field.dataset.of, field]));
  #lost = false;
  #offline = false;

  /** @param {Object} message of type status */
  take(message) {
    this.#set('fps', message.fps === undefined ? '–' : message.fps.toFixed(1));
    for (const name of ['inference', 'mask_age', 'latency']) this.#set(name, milliseconds(message[name]));
    const {webrtc = 0, mjpeg = 0, messages = 0} = message.viewers ?? {};
    this.#set('viewers', String(webrtc + mjpeg));
    this.#fields.get('viewers').title = `${webrtc} by WebRTC, ${mjpeg} by MJPEG, ${messages} connected for data`;
    this.#offline = message.state === 'offline';
    document.title = message.source ? `${message.source} – naclip live` : 'naclip live';
    this.#show();
  }

  /** @param {boolean} connected with the server */
  setConnected(connected) {
    this.#lost = !connected;
    this.#show();
  }

  #show() {
    const banner = byId('banner');
    const text = this.#lost ? 'Connection lost, trying again.'
        : this.#offline ? 'The camera sends no pictures. The server tries to reach it again.' : '';
    banner.hidden = !text;
    setText(banner, text);
    const connection = byId('connection');
    const state = this.#lost ? 'lost' : this.#offline ? 'offline' : 'live';
    connection.dataset.state = state;
    setText(connection.lastElementChild, {lost: 'Disconnected', offline: 'No camera', live: 'Live'}[state]);
  }

  #set(name, text) {
    setText(this.#fields.get(name), text);
  }
}

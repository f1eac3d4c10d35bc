// Snapshot and recording.

import {byId, setIcon, setText} from '/element.js';

/** The two buttons below the picture. */
export class Recording {
  #api;
  #notices;
  #button = byId('record');
  #state = {recording: false, file: null, seconds: 0};
  #heard = 0;   // when the state came, for the time that runs on
  #ticking = 0;

  /**
   * @param {import('/api.js').Api} api
   * @param {import('/notices.js').Notices} notices
   */
  constructor(api, notices) {
    this.#api = api;
    this.#notices = notices;
    this.#button.addEventListener('click', () => this.#toggle());
    byId('snapshot').addEventListener('click', () => this.#snapshot());
  }

  /** @param {{recording: boolean, file: ?string, seconds: number}} state as GET recording answers */
  take(state) {
    this.#state = state;
    this.#heard = performance.now();
    clearInterval(this.#ticking);
    if (state.recording) this.#ticking = setInterval(() => this.#showTime(), 1000);
    this.#button.setAttribute('aria-pressed', String(state.recording));
    setIcon(this.#button.querySelector('svg'), state.recording ? 'stop' : 'record');
    const line = byId('recording');
    line.hidden = !state.file;
    setText(line, !state.file ? '' : state.recording ? `Recording to ${state.file}` : `Recorded to ${state.file}`);
    this.#showTime();
  }

  #showTime() {
    const {recording, seconds} = this.#state;
    const now = seconds + (performance.now() - this.#heard) / 1000;
    setText(this.#button.querySelector('.words'), recording ? `Stop ${clock(now)}` : 'Record');
  }

  async #toggle() {
    this.#button.disabled = true;
    try {
      this.take(await this.#api.post('/api/v1/recording', {recording: !this.#state.recording}));
    } catch (error) {
      this.#notices.problem(error.message);
    }
    this.#button.disabled = false;
    this.#button.focus();
  }

  async #snapshot() {
    try {
      const response = await this.#api.request('GET', '/api/v1/snapshot');
      const address = URL.createObjectURL(await response.blob());
      const link = document.createElement('a');
      link.href = address;
      link.download = `naclip-${stamp(new Date())}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 10000);
    } catch (error) {
      this.#notices.problem(error.message);
    }
  }
}

/** 75 as 1:15. */
function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (value) => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A date as 20261130-100000. */
function stamp(date) {
  const local = new Date(date - date.getTimezoneOffset() * 60000);
  return local.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
}

// The server's messages: a WebSocket that connects again by itself.

const kFirstPause = 500;  // before the next try, milliseconds
const kLongestPause = 8000;
const kSilence = 10000;  // a status comes each second: after so long without a message the connection is dead

/**
 * Fires each message by its type (`frame`, `vocabulary`, `status`, `event`, `words`, `properties`, `recording`,
 * `warning`) with the message as `detail`, and `open` and `lost` of the connection.
 */
export class Messages extends EventTarget {
  #url;
  #socket = null;
  #pause = kFirstPause;
  #retry = 0;
  #silence = 0;
  #heard = 0;

  /** @param {string} url of the WebSocket */
  constructor(url) {
    super();
    this.#url = url;
    addEventListener('online', () => this.#retry && this.open());
    document.addEventListener('visibilitychange', () => !document.hidden && this.#retry && this.open());
  }

  /** Connects, and keeps connected until close(). */
  open() {
    this.close();
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#pause = kFirstPause;
      this.#heard = performance.now();
      this.#silence = setInterval(() => this.#check(), 2000);
      this.dispatchEvent(new Event('open'));
    };
    socket.onmessage = ({data}) => this.receive(data);
    socket.onclose = () => this.#lost();
  }

  close() {
    clearTimeout(this.#retry);
    clearInterval(this.#silence);
    this.#retry = 0;
    if (!this.#socket) return;
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }

  /**
   * Takes one message. What is not understood is left alone: a newer server may say more.
   * @param {string} text
   */
  receive(text) {
    this.#heard = performance.now();
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (typeof message?.type === 'string') this.dispatchEvent(new CustomEvent(message.type, {detail: message}));
  }

  #check() {
    if (!document.hidden && performance.now() - this.#heard > kSilence) this.#lost();
  }

  #lost() {
    this.close();
    this.#retry = setTimeout(() => this.open(), this.#pause * (0.75 + 0.5 * Math.random()));
    this.#pause = Math.min(this.#pause * 2, kLongestPause);
    this.dispatchEvent(new Event('lost'));
  }
}

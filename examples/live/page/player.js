// The picture: WebRTC, or else MJPEG.

import {byId, setText} from '/element.js';

const kPatience = 5000;   // for the first WebRTC frame, before MJPEG is shown meanwhile, milliseconds
const kGiveUp = 20000;    // for the first WebRTC frame, before the attempt ends
const kGathering = 3000;  // for addresses of this machine
const kStalled = 6000;    // without a decoded frame, while the server has frames
const kTryAgain = 60000;  // WebRTC, while MJPEG is shown; twice as long each time it fails
const kTryRarely = 16 * kTryAgain;

/** @typedef {'none' | 'webrtc' | 'mjpeg'} Mode */

/** Fires `change` where the mode or the picture's size differs. */
export class Player extends EventTarget {
  /** @type {Mode} */
  mode = 'none';
  #api;
  #video = byId('video');
  #image = byId('image');
  #stage = byId('stage');
  #running = false;
  #attempt = null;   // WebRTC that runs or is tried
  #reason = '';      // why there is no WebRTC
  #retry = 0;
  #pause = kTryAgain;
  #imageRetry = 0;
  #images = 0;
  #fps = 0;          // of the server

  /** @param {import('/api.js').Api} api */
  constructor(api) {
    super();
    this.#api = api;
    this.#video.addEventListener('resize', () => this.#resized());
    this.#image.addEventListener('load', () => this.#resized());
    this.#image.addEventListener('error', () => this.#imageBroken());
    addEventListener('pagehide', () => this.stop());
    addEventListener('pageshow', ({persisted}) => persisted && this.start());
    setInterval(() => this.#watch(), 2000);
  }

  /** Begins, or begins anew after the server was away. The picture that is there stays until another comes. */
  start() {
    this.#running = true;
    if (this.mode === 'mjpeg') this.#showImage(true);
    this.#tryWebRtc();
  }

  /** Ends it and tells the server. */
  stop() {
    this.#running = false;
    clearTimeout(this.#retry);
    this.#end();
    this.#hideImage();
    this.#set('none');
  }

  /** @param {number} fps that the server has */
  tellRate(fps) {
    this.#fps = fps;
  }

  /** The frame's size as received, [0, 0] before the first. */
  size() {
    return this.mode === 'mjpeg' ? [this.#image.naturalWidth, this.#image.naturalHeight]
                                 : [this.#video.videoWidth, this.#video.videoHeight];
  }

  /**
   * Where the picture is within the stage, bars left out.
   * @returns {{left: number, top: number, width: number, height: number}} in CSS pixels of the stage
   */
  box() {
    const {clientWidth, clientHeight} = this.#stage;
    const [width, height] = this.size();
    if (!width || !height) return {left: 0, top: 0, width: 0, height: 0};
    const scale = Math.min(clientWidth / width, clientHeight / height);
    return {
      left: (clientWidth - width * scale) / 2,
      top: (clientHeight - height * scale) / 2,
      width: width * scale,
      height: height * scale,
    };
  }

  /** The connection in use, for statistics; null where there is none. */
  get connection() {
    return this.#attempt?.connection ?? null;
  }

  async #tryWebRtc() {
    clearTimeout(this.#retry);
    const before = this.#attempt;
    if (typeof RTCPeerConnection === 'undefined') return this.#refused('this browser has no WebRTC');
    const attempt = new WebRtc(this.#api, this.#video);
    this.#attempt = attempt;
    before?.end();
    attempt.onframe = () => attempt === this.#attempt && this.#playing();
    attempt.onfailed = (why) => this.#broken(attempt, why);
    setTimeout(() => this.#expect(attempt, () => this.#showImage()), kPatience);
    setTimeout(() => this.#expect(attempt, () => this.#refused('no picture arrived')), kGiveUp);
    await attempt.begin();
  }

  /** Where an attempt has no frame yet, does something else. A page in the background decodes without showing. */
  async #expect(attempt, otherwise) {
    if (attempt !== this.#attempt) return;
    const frames = await attempt.count();
    if (attempt !== this.#attempt) return;
    if (!frames) otherwise();
    else if (this.mode !== 'webrtc') this.#playing();
  }

  #playing() {
    this.#hideImage();
    this.#reason = '';
    this.#pause = kTryAgain;
    this.#set('webrtc');
  }

  /** Video that broke off is tried again at once. */
  #broken(attempt, why) {
    if (attempt !== this.#attempt) return;
    if (attempt.frames) this.#tryWebRtc();
    else this.#refused(why);
  }

  #refused(why) {
    this.#reason = why;
    this.#end();
    if (!this.#running) return;
    this.#showImage();
    if (typeof RTCPeerConnection === 'undefined') return;
    this.#retry = setTimeout(() => this.#running && this.#tryWebRtc(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, kTryRarely);
  }

  #end() {
    const attempt = this.#attempt;
    this.#attempt = null;
    attempt?.end();
  }

  #showImage(again = false) {
    if (this.mode !== 'mjpeg' || again) {
      clearTimeout(this.#imageRetry);
      this.#image.src = `/mjpeg?${++this.#images}`;  // another address, or the browser shows what it has
    }
    this.#set('mjpeg');
  }

  #hideImage() {
    clearTimeout(this.#imageRetry);
    this.#image.removeAttribute('src');
  }

  #imageBroken() {
    if (!this.#running || this.mode !== 'mjpeg') return;
    clearTimeout(this.#imageRetry);
    this.#imageRetry = setTimeout(() => this.#running && this.mode === 'mjpeg' && this.#showImage(true), 3000);
  }

  /** @param {Mode} mode */
  #set(mode) {
    this.mode = mode;
    this.#video.hidden = mode === 'mjpeg';
    this.#image.hidden = mode !== 'mjpeg';
    const badge = byId('badge');
    badge.hidden = mode === 'none';
    setText(badge, mode === 'webrtc' ? 'WebRTC' : 'MJPEG');
    badge.title = mode === 'webrtc' ? 'Video by WebRTC'
                                    : `Single pictures (MJPEG)${this.#reason && `, because ${this.#reason}`}`;
    this.#resized();
  }

  #resized() {
    const [width, height] = this.size();
    if (width && height) this.#stage.style.setProperty('--ratio', `${width} / ${height}`);
    byId('no-picture').hidden = width > 0;
    this.dispatchEvent(new Event('change'));
  }

  async #watch() {
    const attempt = this.#attempt;
    if (!attempt || this.mode !== 'webrtc' || document.hidden) return;
    await attempt.count();
    const still = performance.now() - attempt.lastFrame;
    if (still > kStalled && this.#fps > 0) this.#broken(attempt, 'the video stopped');
  }
}

/** One connection by WHEP. */
class WebRtc {
  connection = new RTCPeerConnection();
  /** Decoded so far. */
  frames = 0;
  lastFrame = performance.now();
  onframe = () => {};
  onfailed = () => {};
  #api;
  #video;
  #resource = '';  // to be deleted on leaving
  #ended = false;

  constructor(api, video) {
    this.#api = api;
    this.#video = video;
  }

  async begin() {
    const {connection} = this;
    connection.addTransceiver('video', {direction: 'recvonly'});
    connection.ontrack = ({track}) => this.#show(track);
    connection.onconnectionstatechange = () => {
      if (connection.connectionState === 'failed') this.#fail('the connection failed');
    };
    try {
      await connection.setLocalDescription(await connection.createOffer());
      await gathered(connection);
      const response = await this.#api.request('POST', '/whep',
        {body: connection.localDescription.sdp, type: 'application/sdp'});
      this.#resource = response.headers.get('Location') ?? '';
      if (this.#ended) return this.#leave();
      await connection.setRemoteDescription({type: 'answer', sdp: await response.text()});
    } catch (error) {
      this.#fail(error.message);
    }
  }

  end() {
    if (this.#ended) return;
    this.#ended = true;
    this.connection.close();
    this.#leave();
  }

  /** Asks how many frames are decoded. */
  async count() {
    const statistics = this.#ended ? [] : await this.connection.getStats();
    for (const one of statistics.values?.() ?? []) {
      if (one.type !== 'inbound-rtp' || one.kind !== 'video' || !(one.framesDecoded > this.frames)) continue;
      this.frames = one.framesDecoded;
      this.lastFrame = performance.now();
    }
    return this.frames;
  }

  #show(track) {
    const first = () => {
      if (this.#ended) return;
      this.frames = Math.max(this.frames, 1);
      this.lastFrame = performance.now();
      this.onframe();
    };
    this.#video.srcObject = new MediaStream([track]);
    if (this.#video.requestVideoFrameCallback) this.#video.requestVideoFrameCallback(first);
    else this.#video.addEventListener('loadeddata', first, {once: true});
    this.#video.play().catch(() => {});  // a new source interrupts it
  }

  #fail(why) {
    if (!this.#ended) this.onfailed(why);
  }

  #leave() {
    if (!this.#resource) return;
    this.#api.request('DELETE', this.#resource, {keepalive: true}).catch(() => {});
    this.#resource = '';
  }
}

/** Once all addresses are known: WHEP sends them with the offer. */
function gathered(connection) {
  return new Promise((resolve) => {
    const check = () => connection.iceGatheringState === 'complete' && resolve();
    connection.addEventListener('icegatheringstatechange', check);
    setTimeout(resolve, kGathering);
    check();
  });
}

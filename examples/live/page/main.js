// Puts the page together: what comes from the server goes to the parts that show it.

import {Api} from '/api.js';
import {byId} from '/element.js';
import {History} from '/history.js';
import {Hover} from '/hover.js';
import {Messages} from '/messages.js';
import {Notices} from '/notices.js';
import {Player} from '/player.js';
import {Recording} from '/recording.js';
import {Session} from '/session.js';
import {Settings} from '/settings.js';
import {Shares} from '/shares.js';
import {Status} from '/status.js';
import {Vocabulary} from '/vocabulary.js';
import {Words} from '/words.js';

const kMessageOf = {vocabulary: 'words', properties: 'properties', history: '', recording: 'recording'};
const kSessionRetry = 2000;  // while the server does not answer, milliseconds

const api = new Api();
const notices = new Notices();
const session = new Session(api);
const status = new Status();
const vocabulary = new Vocabulary(api);
const words = new Words(vocabulary);
const settings = new Settings(api);
const shares = new Shares(vocabulary);
const history = new History(vocabulary);
const recording = new Recording(api, notices);

/** The parts that tests look into. */
export const player = new Player(api);
export const hover = new Hover(player, vocabulary);
export const messages = new Messages(`${location.origin.replace('http', 'ws')}/api/v1/messages`);

/** Calls `take` with each message of a type. */
const on = (type, take) => messages.addEventListener(type, ({detail}) => take(detail));

function takeProperties(properties) {
  settings.take(properties);
  vocabulary.takeProperties(properties);
}

on('frame', (message) => {
  shares.frame(message);
  history.frame(message);
  hover.frame(message);
});
on('status', (message) => {
  status.take(message);
  player.tellRate(message.fps ?? 0);
});
on('vocabulary', (message) => vocabulary.takeLabels(message));
on('words', (message) => vocabulary.take(message));
on('properties', takeProperties);
on('recording', (message) => recording.take(message));
on('warning', ({text}) => notices.warning(text));
on('event', (event) => {
  if (event.state !== 'update') notices.log(`${event.rule}: ${event.state}, ${event.class} in ${event.zone}`);
});

/** What the server has now; messages tell what changes. One that came meanwhile is newer than the answer. */
async function load() {
  const ask = async (type, take) => {
    let isOld = false;
    const changed = () => { isOld = true; };
    messages.addEventListener(kMessageOf[type], changed, {once: true});
    const answer = await api.get(`/api/v1/${type}`);
    messages.removeEventListener(kMessageOf[type], changed);
    if (!isOld) take(answer);
  };
  await Promise.all([
    ask('vocabulary', (answer) => vocabulary.take(answer)),
    ask('properties', takeProperties),
    ask('history', (answer) => history.load(answer)),
    ask('recording', (answer) => recording.take(answer)),
  ]);
}

messages.addEventListener('open', () => {
  status.setConnected(true);
  player.start();
  load().catch((error) => error.status !== 401 && notices.problem(error.message));
});
messages.addEventListener('lost', () => {
  status.setConnected(false);
  // A socket does not say that it was refused for want of a token.
  const isOut = ({required, authenticated}) => required && !authenticated;
  api.get('/api/v1/session').then((state) => isOut(state) && session.check()).catch(() => {});
});

session.addEventListener('in', () => messages.open());
session.addEventListener('out', () => {
  messages.close();
  player.stop();
});

async function begin() {
  try {
    await session.check();
  } catch {
    status.setConnected(false);
    setTimeout(begin, kSessionRetry);
  }
}

for (const list of [words, shares]) list.addEventListener('point', ({detail}) => hover.choose(detail));
settings.addEventListener('properties', ({detail}) => takeProperties(detail));
byId('full-screen').addEventListener('click', () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else byId('stage').requestFullscreen().catch((error) => notices.problem(error.message));
});
byId('full-screen').hidden = !document.fullscreenEnabled;
begin();

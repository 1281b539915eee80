// @ts-check
/**
 * Open: proves the right to a secret, gets it once, shows it, and wipes it. Loading the page does
 * nothing: everything starts with the reader's own click.
 */

import * as api from './api.js';
import { base64url, random } from './envelope/bytes.js';
import { open } from './envelope/envelope.js';
import { Fault } from './envelope/fault.js';
import { Keys } from './envelope/keys.js';
import { NONE, decodeKey, parseId } from './envelope/link.js';
import { claimToken } from './envelope/token.js';
import { $, begin, drawLater, fetchLater, input, isIncapable, isSecure, showOnly } from './dom.js';
import { isOwn } from './own.js';
import { pasted, reason } from './pasted.js';
import { forgetContent, showContent } from './revealed.js';
import { duration, t } from './texts.js';

const STATES = ['loading', 'ready', 'revealed', 'wiped', 'gone', 'spent', 'incomplete'];
const idText = location.pathname.split('/').pop() ?? '';
let keyText = location.hash.slice(1);
// From here on the key is in this page's memory alone: not in the history, not in a screenshot.
history.replaceState(null, '', location.pathname);

/** @type {import('./envelope/link.js').LinkKey|null} */
let linkKey = null;
/** The same token for every try, so that a lost answer can be fetched again by this reader alone. */
const token = claimToken(random(32));

/** @param {string} [text] */
function fault(text = '') {
  $('fault').hidden = !text;
  $('fault-text').textContent = text;
}

/** Says what is wrong with the link, and shows what arrived of it. @param {string} code */
function incomplete(code) {
  const why = reason(code);
  const said = /** @type {HTMLElement} */ ($('reasons').querySelector(`[data-reason="${why}"]`));
  $('incomplete-heading').textContent = said.querySelector('b')?.textContent ?? '';
  $('incomplete-lede').textContent = said.querySelector('p')?.textContent ?? '';
  $('arrived-address').textContent = `${location.origin}${location.pathname}`;
  $('arrived-key').textContent = keyText ? `#${keyText}` : '';
  $('arrived-hole').hidden = !['cut', 'missing'].includes(why);
  $('key-form').hidden = why === 'version';
  showOnly('incomplete', STATES);
}

async function readLink() {
  try {
    const id = parseId(idText);
    linkKey = await decodeKey(id, keyText);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    incomplete(error.code);
    return;
  }
  const asks = linkKey.profile !== NONE;
  $('ask').hidden = !asks;
  $('asking').classList.toggle('ask', asks);
  $('learn').hidden = asks;
  $('learn-passphrase').hidden = !asks;
  input('passphrase').required = asks;
  if (asks) fetchLater().catch(() => null);
  const own = await isOwn(idText);
  $('own').hidden = !own;
  /** @type {HTMLButtonElement} */ ($('show')).disabled = own;
  showOnly('ready', STATES);
}

/** What a refusal means to a reader. @param {api.Refusal} refusal */
function explain(refusal) {
  switch (refusal.problem) {
    case 'passphrase-rejected':
      return t('open-wrong-left', { count: refusal.left });
    case 'too-many-attempts':
      return t('open-wait', { wait: duration(refusal.wait) });
    case 'offline':
      return t('failed-offline');
    case 'damaged':
      return t('failed-damaged');
    case 'undecryptable':
      return t('failed-undecryptable');
    default:
      return refusal.wait ? t('failed-busy', { wait: duration(refusal.wait) }) : t('failed-server');
  }
}

/** Shows how far a large envelope is; where that cannot be shown, it comes all the same. @type {api.Follow} */
async function follow(total) {
  if (!(total > api.LARGE)) return null;
  return fetchLater().then(() => import('./going.js')).then((going) => going.follow(total), () => null);
}

/** Few links ask for a passphrase: what stretches one is fetched for them alone. @type {import('./envelope/keys.js').Stretch} */
async function stretch(work) {
  const stretcher = await fetchLater().then(() => import('./passphrase.js')).catch(() => {
    throw new api.Refusal('offline');
  });
  return stretcher.stretch(work);
}

async function reveal() {
  const key = /** @type {import('./envelope/link.js').LinkKey} */ (linkKey);
  const passphrase = key.profile === NONE ? null : input('passphrase').value;
  if (passphrase === '') {
    input('passphrase').focus();
    return;
  }
  const keys = await Keys.derive(key, passphrase, stretch);
  const { envelope, strict } = await api.claim(idText, {
    link_proof: base64url(await keys.linkProof()),
    proof: base64url(await keys.proof()),
    claim_token: token,
  }, follow);
  const content = await open(keys, envelope).catch((/** @type {unknown} */ error) => {
    if (!(error instanceof Fault || isIncapable(error))) reportError(error);
    throw new api.Refusal(strict ? 'spent' : 'damaged');
  });
  input('passphrase').value = '';
  showContent(content, wiped);
  showOnly('revealed', STATES);
  [keyText, linkKey] = ['', null];
  // Shown first, confirmed then: what could not be shown is still there.
  if (!strict) await api.acknowledge(idText, token).catch(() => {});
}

/** @param {unknown} error */
function failed(error) {
  const refusal = error instanceof api.Refusal ? error : null;
  const over = { unavailable: 'gone', spent: 'spent' }[refusal?.problem ?? ''];
  if (over) {
    input('passphrase').value = '';
    [keyText, linkKey] = ['', null];
    showOnly(over, STATES);
    return;
  }
  fault(refusal ? explain(refusal) : t('failed-browser'));
  const wrong = refusal?.problem === 'passphrase-rejected';
  input('passphrase').setAttribute('aria-invalid', String(wrong));
  const guess = wrong || refusal?.problem === 'too-many-attempts';
  $('show').textContent = t(guess ? 'open-verb' : 'try-again');
  if (!$('ask').hidden) input('passphrase').select();
  if (!refusal && !isIncapable(error)) throw error;
}

function wiped() {
  forgetContent();
  showOnly('wiped', STATES);
}

/** Whether a person did this, as far as the browser vouches for it (R9). @param {Event} event */
const isActed = (event) => navigator.userActivation?.isActive ?? event.isTrusted;

/** @param {SubmitEvent} event */
async function submit(event) {
  event.preventDefault();
  const button = /** @type {HTMLButtonElement} */ ($('show'));
  if (button.disabled || !linkKey || !isActed(event)) return;
  fault();
  $('untouched').hidden = true;
  button.disabled = true;
  drawLater();
  button.classList.add('busy');
  button.textContent = t('open-working');
  try {
    await reveal();
    button.textContent = t('open-verb');
  } catch (error) {
    failed(error);
  } finally {
    button.disabled = false;
    button.classList.remove('busy');
    $('going').hidden = true;
  }
}

/** A whole link, or the key alone: whatever the reader has. @param {SubmitEvent} event */
async function takeKey(event) {
  event.preventDefault();
  const { id, key } = pasted(input('key').value);
  if (id && id !== idText) {
    location.href = `/s/${id}#${key}`;
    return;
  }
  input('key').value = '';
  keyText = key;
  await readLink();
  const still = !linkKey;
  $('key-fault').hidden = !still;
  input('key').setAttribute('aria-invalid', String(still));
  if (still && !$('key-form').hidden) input('key').focus();
}

function wire() {
  $('ready').addEventListener('submit', submit);
  $('key-form').addEventListener('submit', takeKey);
  $('own-anyway').addEventListener('click', () => {
    $('own').hidden = true;
    /** @type {HTMLButtonElement} */ ($('show')).disabled = false;
    $('show').focus();
  });
  $('peek').addEventListener('click', () => {
    const visible = $('peek').getAttribute('aria-pressed') !== 'true';
    $('peek').setAttribute('aria-pressed', String(visible));
    input('passphrase').type = visible ? 'text' : 'password';
  });
  // A page that comes back from the browser's memory shows nothing.
  addEventListener('pagehide', () => forgetContent());
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
  // The same page, another link: start anew.
  addEventListener('hashchange', () => location.reload());
}

if (await begin(() => keyText)) {
  $('loading').hidden = true;
  if (isSecure()) {
    wire();
    await readLink();
  }
}

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
import { $, input, isSecure, keepOnSwitch, showOnly } from './dom.js';
import { isOwn } from './own.js';
import { stretch } from './passphrase.js';
import { forgetContent, showContent } from './revealed.js';
import { duration, load, t } from './texts.js';

const STATES = ['ready', 'revealed', 'wiped', 'gone', 'incomplete'];
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

/** @param {string} code */
function incomplete(code) {
  const reason = { 'missing-key': 'missing', cut: 'cut', 'unknown-version': 'version', 'unknown-profile': 'version' }[code] ?? 'mistyped';
  $('incomplete-why').textContent = $('reasons').querySelector(`[data-reason="${reason}"]`)?.textContent ?? '';
  $('key-form').hidden = reason === 'version';
  showOnly('incomplete', STATES);
}

async function readLink() {
  try {
    if (!keyText) throw new Fault('missing-key');
    linkKey = await decodeKey(parseId(idText), keyText);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    incomplete(error.code);
    return;
  }
  $('ask').hidden = linkKey.profile === NONE;
  input('passphrase').required = linkKey.profile !== NONE;
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
    case 'undecryptable':
      return t('failed-undecryptable');
    default:
      return refusal.wait ? t('failed-busy', { wait: duration(refusal.wait) }) : t('failed-server');
  }
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
  });
  const content = await open(keys, envelope);
  input('passphrase').value = '';
  showContent(content, wiped);
  showOnly('revealed', STATES);
  [keyText, linkKey] = ['', null];
  // Shown first, confirmed then: what could not be shown is still there.
  if (!strict) await api.acknowledge(idText, token).catch(() => {});
}

/** @param {unknown} error */
function failed(error) {
  if (error instanceof api.Refusal && error.problem === 'unavailable') {
    showOnly('gone', STATES);
    return;
  }
  if (error instanceof api.Refusal) fault(explain(error));
  else if (error instanceof Fault) fault(t('failed-damaged'));
  else throw error;
  const wrong = error instanceof api.Refusal && error.problem === 'passphrase-rejected';
  input('passphrase').setAttribute('aria-invalid', String(wrong));
  $('show').textContent = t(wrong || !(error instanceof api.Refusal) || error.problem === 'too-many-attempts' ? 'open-verb' : 'try-again');
  if (!$('ask').hidden) input('passphrase').select();
}

function wiped() {
  forgetContent();
  showOnly('wiped', STATES);
}

/** @param {SubmitEvent} event */
async function submit(event) {
  event.preventDefault();
  const button = /** @type {HTMLButtonElement} */ ($('show'));
  if (button.disabled || !linkKey) return;
  fault();
  button.disabled = true;
  button.classList.add('busy');
  button.textContent = t('open-working');
  try {
    await reveal();
    button.textContent = t('open-verb');
  } catch (error) {
    button.textContent = t('open-verb');
    failed(error);
  } finally {
    button.disabled = false;
    button.classList.remove('busy');
  }
}

await load();
keepOnSwitch(() => keyText);
if (isSecure()) {
  $('ready').addEventListener('submit', submit);
  $('own-anyway').addEventListener('click', () => {
    $('own').hidden = true;
    /** @type {HTMLButtonElement} */ ($('show')).disabled = false;
    $('show').focus();
  });
  $('key-form').addEventListener('submit', (event) => {
    event.preventDefault();
    keyText = input('key').value.trim().replace(/^.*#/, '');
    input('key').value = '';
    readLink();
  });
  // A page that comes back from the browser's memory shows nothing.
  addEventListener('pagehide', () => forgetContent());
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
  // The same page, another link: start anew.
  addEventListener('hashchange', () => location.reload());
  await readLink();
}

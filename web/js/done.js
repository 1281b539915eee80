// @ts-check
/**
 * Done: the link in its three forms, and what happens to it. Nothing here is in the address bar, and a
 * reload asks before it loses the receipt.
 */

import { generate } from '../vendor/lean-qr/index.mjs';
import { $, copy, copyOnClick, input, sayCopied } from './dom.js';
import { remember } from './own.js';
import { t, until } from './texts.js';
import { Timeline } from './timeline.js';

/** @typedef {{ created: { id: string, expires_at: string, views: number }, address: string, key: string, receipt: string, passphrase: boolean }} Made */

/** @type {Timeline|null} */
let timeline = null;
let kept = false;

/** @param {BeforeUnloadEvent} event */
function ask(event) {
  if (!kept) event.preventDefault();
}

/** @param {string} id @param {string} address @param {string} key */
function fill(id, address, key) {
  const before = document.createElement('bdi');
  before.textContent = address;
  const after = document.createElement('span');
  after.className = 'key';
  after.textContent = key;
  $(id).replaceChildren(before, after);
}

/** The vendored module brings no types. @type {(text: string) => { toCanvas: (canvas: HTMLCanvasElement, look: object) => void }} */
const encode = /** @type {any} */ (generate);

/** @param {string} link */
function drawCode(link) {
  const canvas = /** @type {HTMLCanvasElement} */ ($('qr'));
  encode(link).toCanvas(canvas, { on: [0x1b, 0x21, 0x2c, 255], off: [255, 255, 255, 255], pad: 2 });
}

/** @param {Made} made @param {string} link @param {boolean} copied @param {() => void} another */
export async function showDone(made, link, copied, another) {
  const state = { copied: copied ? 'yes' : 'no' };
  $('done-heading').textContent = t('done-heading', state);
  const opens = t('done-opens', { count: made.created.views });
  $('done-lede').textContent = t('done-lede', { ...state, opens, time: until(new Date(made.created.expires_at)) });
  fill('link', made.address, `#${made.key}`);
  fill('address', made.address, '');
  fill('key', '', made.key);
  drawCode(link);
  $('done-passphrase').hidden = !made.passphrase;
  wire(made, copied, another);
  $('create').hidden = true;
  $('done').hidden = false;
  $('done-heading').focus({ preventScroll: true });
  scrollTo({ top: 0 });
  kept = false;
  addEventListener('beforeunload', ask);
  await remember(made.created.id);
  timeline = new Timeline(made.receipt, () => {}, () => {});
  await timeline.ask();
}

/** @param {Made} made @param {boolean} copied @param {() => void} another */
function wire(made, copied, another) {
  for (const old of document.querySelectorAll('#done [data-copy]')) {
    const button = /** @type {HTMLElement} */ (old.cloneNode(true));
    old.replaceWith(button);
    sayCopied(button, copied && button.dataset.copy === 'link' ? 'copied' : 'copy');
    copyOnClick(button, () => $(button.dataset.copy ?? '').textContent ?? '');
  }
  for (const id of ['burn', 'burn-yes', 'burn-no', 'unlock', 'qr-save', 'another', 'keep']) $(id).replaceWith($(id).cloneNode(true));
  $('qr-save').addEventListener('click', () => {
    const saved = document.createElement('a');
    saved.href = /** @type {HTMLCanvasElement} */ ($('qr')).toDataURL('image/png');
    saved.download = 'sigill-link.png';
    saved.click();
  });
  $('keep').textContent = t('done-keep');
  $('another').addEventListener('click', another);
  $('keep').addEventListener('click', async () => {
    const receipt = `${new URL(made.address).origin}/receipt#${made.receipt}`;
    kept = await copy(receipt);
    $('keep').textContent = t(kept ? 'done-kept' : 'copy-failed');
    $('receipt-link').hidden = kept;
    $('receipt-link').textContent = kept ? '' : receipt;
  });
}

/** Forgets the link, keeps the settings. */
export function hideDone() {
  removeEventListener('beforeunload', ask);
  if (timeline) {
    timeline.over = true;
    clearTimeout(timeline.timer);
  }
  for (const id of ['link', 'address', 'key', 'receipt-link', 'timeline', 'burn-outcome']) $(id).replaceChildren();
  $('receipt-link').hidden = true;
  input('pass').value = '';
  $('done').hidden = true;
}

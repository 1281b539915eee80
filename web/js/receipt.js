// @ts-check
/**
 * Receipt: the fate of one secret. The token is in the fragment, and from there in this page's memory.
 */

import * as api from './api.js';
import { Fault } from './envelope/fault.js';
import { parseReceiptToken } from './envelope/token.js';
import { $, keepOnSwitch } from './dom.js';
import { duration, exact, load, t, time } from './texts.js';
import { Timeline } from './timeline.js';

/** @typedef {import('./timeline.js').Receipt} Receipt */

const token = location.hash.slice(1);
history.replaceState(null, '', location.pathname);

/** @param {string} key @param {string} value @param {string} [title] */
function fact(key, value, title) {
  const name = document.createElement('dt');
  name.textContent = t(key);
  const said = document.createElement('dd');
  said.textContent = value;
  if (title) said.title = title;
  return [name, said];
}

/** @param {Receipt} receipt */
function lede(receipt) {
  const until = time(new Date(receipt.expires_at));
  if (receipt.state !== 'waiting') return t(`receipt-lede-${receipt.state}`);
  if (receipt.views_left < receipt.views) return t('receipt-lede-partly', { left: receipt.views_left, time: until });
  return t('receipt-lede-waiting', { time: until });
}

/** @param {Receipt} receipt */
function told(receipt) {
  $('fault').hidden = true;
  $('receipt').hidden = false;
  $('heading').textContent = t(`receipt-heading-${receipt.state}`);
  $('lede').textContent = lede(receipt);
  const { failed, limit } = receipt.failed_passphrases;
  const [created, expires] = [new Date(receipt.created_at), new Date(receipt.expires_at)];
  $('facts').replaceChildren(
    ...fact('receipt-ref', receipt.ref),
    ...fact('receipt-created', time(created), exact(created)),
    ...fact('receipt-expires', time(expires), exact(expires)),
    ...fact('receipt-views', t('receipt-views-value', { taken: receipt.events.filter(({ kind }) => kind === 'opened').length, views: receipt.views })),
    ...fact('receipt-passphrase', receipt.passphrase ? t('receipt-passphrase-yes', { failed, limit }) : t('receipt-passphrase-no')),
    ...fact('receipt-sealed', t('receipt-sealed-sender')),
  );
}

function gone() {
  $('receipt').hidden = true;
  $('fault').hidden = true;
  $('heading').textContent = t('receipt-heading-gone');
  $('lede').textContent = t('receipt-lede-gone');
}

/** @param {api.Refusal} refusal */
function failed(refusal) {
  if (refusal.problem === 'unavailable') {
    gone();
    return;
  }
  const known = refusal.problem === 'offline' ? t('failed-offline') : t('failed-server');
  $('fault-text').textContent = refusal.wait ? t('failed-busy', { wait: duration(refusal.wait) }) : known;
  $('fault').hidden = false;
}

await load();
keepOnSwitch(() => token);
addEventListener('hashchange', () => location.reload());
try {
  await parseReceiptToken(token);
  const timeline = new Timeline(token, told, failed);
  $('again').addEventListener('click', () => timeline.ask());
  await timeline.ask();
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  gone();
}

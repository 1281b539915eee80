// @ts-check
/**
 * Receipt: the fate of one secret. The token is in the fragment, and from there in this page's memory.
 */

import * as api from './api.js';
import { Fault } from './envelope/fault.js';
import { parseReceiptToken } from './envelope/token.js';
import { $, begin, isSecure } from './dom.js';
import { duration, exact, t, time, until } from './texts.js';
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

/** @param {Receipt} receipt @param {number} taken */
function lede(receipt, taken) {
  const partly = receipt.state === 'waiting' && taken > 0;
  const actor = receipt.events.findLast(({ kind }) => kind === 'burned')?.actor ?? '';
  const values = { taken, actor, left: receipt.views_left, time: until(new Date(receipt.expires_at)) };
  return t(`receipt-lede-${partly ? 'partly' : receipt.state}`, values);
}

/** The seal as it is now: whole while it waits, broken once it is over, none when there is no receipt. @param {string} state */
function seal(state) {
  $('sealed').hidden = !['waiting', 'locked'].includes(state);
  $('broken').hidden = !['delivering', 'opened', 'burned', 'expired', 'lost'].includes(state);
}

/** @param {Receipt} receipt */
function told(receipt) {
  $('fault').hidden = true;
  $('receipt').hidden = false;
  const taken = receipt.events.filter(({ kind }) => kind === 'opened').length;
  $('heading').textContent = t(`receipt-heading-${receipt.state}`, { taken });
  $('lede').textContent = lede(receipt, taken);
  seal(receipt.state);
  const { failed, limit } = receipt.failed_passphrases;
  const [created, expires] = [new Date(receipt.created_at), new Date(receipt.expires_at)];
  $('facts').replaceChildren(
    ...fact('receipt-ref', receipt.ref),
    ...fact('receipt-created', time(created), exact(created)),
    ...fact('receipt-expires', time(expires), exact(expires)),
    ...fact('receipt-views', t('receipt-views-value', { taken, views: receipt.views })),
    ...fact('receipt-passphrase', receipt.passphrase ? t('receipt-passphrase-yes', { failed, limit }) : t('receipt-passphrase-no')),
    ...fact('receipt-sealed', t('receipt-sealed-sender')),
  );
}

function gone() {
  $('receipt').hidden = true;
  $('fault').hidden = true;
  $('heading').textContent = t('receipt-heading-gone');
  $('lede').textContent = t('receipt-lede-gone');
  seal('gone');
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
  if (!$('receipt').hidden) return;
  $('heading').textContent = t('receipt-heading-unknown');
  $('lede').textContent = t('receipt-lede-unknown');
}

async function follow() {
  try {
    await parseReceiptToken(token);
    const timeline = new Timeline(token, told, failed);
    $('again').addEventListener('click', () => timeline.ask());
    await timeline.ask();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    gone();
  }
}

if (await begin(() => token)) {
  addEventListener('hashchange', () => location.reload());
  if (isSecure()) await follow();
  else $('head').hidden = true;
}

// @ts-check
/**
 * What has happened to a secret, and what its sender can do about it. Asks again while the page is
 * looked at and the story is not over.
 */

import * as api from './api.js';
import { $ } from './dom.js';
import { duration, exact, t, time, until } from './texts.js';

/** @typedef {{ state: string, created_at: string, expires_at: string, ended_at: string|null, views: number, views_left: number, passphrase: boolean, ref: string, failed_passphrases: { failed: number, limit: number }, events: { at: string, kind: string, actor: string }[] }} Receipt */

const OVER = ['opened', 'burned', 'expired', 'lost'];

/** The glyph for one kind of event. @param {string} kind */
function glyph(kind) {
  const template = /** @type {HTMLTemplateElement} */ ($('glyphs'));
  const found = template.content.querySelector(`[data-kind="${kind}"]`);
  return /** @type {HTMLElement} */ (found?.cloneNode(true) ?? document.createElement('span'));
}

/** @param {string} kind @param {string} text @param {Date|null} at @param {string} [said] */
function row(kind, text, at, said) {
  const item = document.createElement('li');
  const name = document.createElement('b');
  name.textContent = text;
  item.append(glyph(kind), name);
  const when = document.createElement('time');
  if (at) {
    when.dateTime = at.toISOString();
    when.title = exact(at);
  }
  when.textContent = said ?? (at ? time(at) : '');
  item.append(when);
  return item;
}

/** What is still to come. @param {Receipt} receipt */
function waits(receipt) {
  if (receipt.state === 'locked') return t('time-waiting-locked');
  if (receipt.views_left < receipt.views) return t('time-views-left', { count: receipt.views_left });
  return t('time-waiting');
}

/** @param {Receipt} receipt */
function show(receipt) {
  const items = receipt.events.map(({ kind, actor, at }) => {
    const item = row(kind, t(`time-${kind}`, { actor }), new Date(at));
    if (['passphrase-rejected', 'locked', 'integrity-failure'].includes(kind)) item.classList.add('alarm');
    return item;
  });
  if (['waiting', 'locked'].includes(receipt.state)) {
    const end = t('time-waiting-until', { time: until(new Date(receipt.expires_at)) });
    const text = waits(receipt);
    const next = row('waiting', text, null, end);
    next.classList.add('next');
    items.push(next);
  }
  $('timeline').replaceChildren(...items);
  $('burn').hidden = !['waiting', 'locked'].includes(receipt.state);
  $('unlock').hidden = receipt.state !== 'locked';
  if ($('burn').hidden) $('burn-sure').hidden = true;
}

/** Why a verb has no outcome. @param {api.Refusal} refusal */
function unsure(refusal) {
  if (refusal.problem === 'unavailable') return t('receipt-lede-gone');
  if (refusal.wait) return t('act-busy', { wait: duration(refusal.wait) });
  return t(refusal.problem === 'offline' ? 'act-offline' : 'act-server');
}

/** Follows one secret. Never shows anything that opens. */
export class Timeline {
  /** @param {string} token @param {(receipt: Receipt) => void} told @param {(refusal: api.Refusal) => void} failed */
  constructor(token, told, failed) {
    this.token = token;
    this.told = told;
    this.failed = failed;
    this.wait = 2000;
    this.seen = -1;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.timer = undefined;
    this.over = false;
    this.listen();
  }

  listen() {
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible' && !this.over) this.ask();
    });
    $('burn').addEventListener('click', () => {
      $('burn-sure').hidden = false;
      $('burn-no').focus();
    });
    $('burn-no').addEventListener('click', () => {
      $('burn-sure').hidden = true;
      $('burn').focus();
    });
    $('burn-yes').addEventListener('click', () => this.act(api.burn, (outcome) => (
      outcome === 'burned' ? t('burn-won') : t(`burn-lost-${outcome}`)
    )));
    $('unlock').addEventListener('click', () => this.act(api.unlock, (outcome) => (
      t(outcome === 'unlocked' ? 'unlock-done' : 'unlock-not-locked')
    )));
  }

  /** @param {(token: string) => Promise<{ outcome: string, receipt: Receipt }>} verb @param {(outcome: string) => string} say */
  async act(verb, say) {
    $('burn-sure').hidden = true;
    const said = $('burn-outcome');
    said.textContent = '';
    try {
      const { outcome, receipt } = await verb(this.token);
      this.take(receipt);
      said.textContent = say(outcome);
      said.classList.remove('alarm');
    } catch (error) {
      if (!(error instanceof api.Refusal)) throw error;
      said.textContent = unsure(error);
      said.classList.add('alarm');
    }
  }

  /** Asks once, and again after a while. */
  async ask() {
    clearTimeout(this.timer);
    try {
      this.take(await api.receipt(this.token));
    } catch (error) {
      if (!(error instanceof api.Refusal)) throw error;
      this.failed(error);
      if (error.problem === 'unavailable') this.over = true;
      this.wait = Math.max(this.wait, error.wait * 1000);
      $('live').hidden = true;
    }
    if (!this.over && document.visibilityState === 'visible') {
      this.timer = setTimeout(() => this.ask(), this.wait);
      this.wait = Math.min(this.wait * 1.5, 30000);
    }
  }

  /** @param {Receipt} receipt */
  take(receipt) {
    if (receipt.events.length !== this.seen) {
      this.wait = 2000;
      const { kind, actor } = receipt.events[receipt.events.length - 1];
      if (this.seen >= 0) $('news').textContent = t(`time-${kind}`, { actor });
      this.seen = receipt.events.length;
    }
    this.over = OVER.includes(receipt.state);
    if (this.over) clearTimeout(this.timer);
    $('live').hidden = this.over;
    show(receipt);
    this.told(receipt);
  }
}

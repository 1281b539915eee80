// @ts-check
/**
 * Create: seals what was written and shows the link. The secret leaves this page only as an envelope.
 */

import * as api from './api.js';
import { base58, base64url, hash, random, utf8 } from './envelope/bytes.js';
import { seal } from './envelope/envelope.js';
import { Keys, MAX_PASSPHRASE } from './envelope/keys.js';
import { ARGON2ID, NONE, encodeKey, parseId } from './envelope/link.js';
import { receiptToken } from './envelope/token.js';
import { $, begin, clone, copy, copyOnClick, fetchLater, input, isIncapable, isSecure } from './dom.js';
import { addField, readFields } from './fields.js';
import { guess } from './guess.js';
import { characters, words } from './generator.js';
import { showDone, hideDone } from './done.js';
import { stretch } from './passphrase.js';
import { duration, size, t, until } from './texts.js';

/** What this instance allows, as the server has written it into the page. */
const LIMITS = Object.fromEntries(Object.entries($('form').dataset).map(([name, value]) => [name, Number(value)]));
const STEPS = [...$('ticks').children].map((tick) => Number(/** @type {HTMLElement} */ (tick).dataset.seconds));
const secret = /** @type {HTMLTextAreaElement} */ ($('secret'));
const settings = { seconds: LIMITS.seconds, views: 1 };
let offered = false;
/** What was sealed and perhaps sent: the same creation asked again is the same secret. @type {(Sealed & { asked: string })|null} */
let attempt = null;

/** @typedef {{ terms: object, envelope: Uint8Array<ArrayBuffer>, once: string, key: import('./envelope/link.js').LinkKey, receipt: Uint8Array, upload: import('./uploads.js').Upload|null }} Sealed */

const usesFields = () => !$('fields').hidden;

/** @param {string} [text] */
function fault(text = '') {
  $('fault').hidden = !text;
  $('fault-text').textContent = text;
}

function showTerms() {
  const { seconds, views } = settings;
  $('create-lede').textContent = t('create-lede', { count: views });
  $('term-views').textContent = t('terms-views', { count: views });
  $('term-expiry').textContent = t('terms-for', { duration: duration(seconds) });
  $('term-pass').textContent = t('terms-passphrase', { set: input('pass').value ? 'yes' : 'no' });
  $('views-times').textContent = t('views-times', { count: views });
  /** @type {HTMLButtonElement} */ ($('fewer')).disabled = views <= 1;
  /** @type {HTMLButtonElement} */ ($('more')).disabled = views >= LIMITS.maxViews;
  const step = STEPS.indexOf(seconds);
  $('expiry-until').textContent = t('expiry-until', { time: until(new Date(Date.now() + seconds * 1000)) });
  $('expiry-why').textContent = t(step < 0 ? 'expiry-help-other' : `expiry-help-${seconds}`);
  input('expiry').setAttribute('aria-valuetext', duration(seconds));
  for (const tick of $('ticks').children) {
    if (Number(/** @type {HTMLElement} */ (tick).dataset.seconds) === seconds) tick.setAttribute('aria-current', 'true');
    else tick.removeAttribute('aria-current');
  }
}

function wireTerms() {
  for (const button of document.querySelectorAll('.term')) {
    button.addEventListener('click', () => {
      const open = button.getAttribute('aria-expanded') !== 'true';
      button.setAttribute('aria-expanded', String(open));
      $(button.getAttribute('aria-controls') ?? '').hidden = !open;
    });
  }
  input('expiry').addEventListener('input', () => {
    settings.seconds = STEPS[Number(input('expiry').value)];
    input('exact').value = '';
    showTerms();
  });
  const exactly = () => {
    if (!input('exact').value) return;
    settings.seconds = Math.round(Number(input('exact').value) * Number(input('unit').value));
    const near = STEPS.findIndex((step) => step >= settings.seconds);
    input('expiry').value = String(near < 0 ? STEPS.length - 1 : near);
    showTerms();
  };
  input('exact').addEventListener('input', exactly);
  input('unit').addEventListener('change', exactly);
  const setViews = (/** @type {number} */ views) => {
    settings.views = views;
    showTerms();
  };
  input('views').addEventListener('input', () => setViews(Number(input('views').value)));
  for (const [id, step] of /** @type {const} */ ([['fewer', -1], ['more', 1]])) {
    $(id).addEventListener('click', () => {
      setViews(Math.min(LIMITS.maxViews, Math.max(1, settings.views + step)));
      input('views').value = String(settings.views);
    });
  }
  input('pass').addEventListener('input', showTerms);
  $('suggest').addEventListener('click', () => {
    input('pass').value = words(4).text;
    showTerms();
  });
  copyOnClick($('pass-copy'), () => input('pass').value);
}

function wireGenerator() {
  let kind = 'characters';
  let made = characters(20);
  const make = () => {
    const length = Math.min(64, Math.max(kind === 'words' ? 2 : 4, Number(input('generator-length').value) || 0));
    made = kind === 'words' ? words(Math.min(length, 12)) : characters(length);
    $('generated').textContent = made.text;
    $('bits').textContent = t('generator-bits', { bits: made.bits });
  };
  const choose = (/** @type {string} */ chosen, /** @type {string} */ length) => {
    kind = chosen;
    $('kind-characters').setAttribute('aria-pressed', String(kind === 'characters'));
    $('kind-words').setAttribute('aria-pressed', String(kind === 'words'));
    input('generator-length').value = length;
    make();
  };
  $('kind-characters').addEventListener('click', () => choose('characters', '20'));
  $('kind-words').addEventListener('click', () => choose('words', '4'));
  $('generate').addEventListener('click', make);
  input('generator-length').addEventListener('input', make);
  $('make-password').addEventListener('click', () => {
    const open = $('generator').hidden;
    $('generator').hidden = !open;
    $('make-password').setAttribute('aria-expanded', String(open));
    if (open) make();
  });
  $('generator-use').addEventListener('click', () => {
    if (usesFields()) {
      const empty = [...$('fields').querySelectorAll('.field')].find((row) => (
        /** @type {HTMLSelectElement} */ (row.querySelector('.role')).value === 'password'
        && !(/** @type {HTMLTextAreaElement} */ (row.querySelector('.value')).value)
      ));
      const field = empty?.querySelector('textarea');
      if (field) field.value = made.text;
      else addField('password', made.text);
    } else {
      secret.setRangeText(made.text, secret.selectionStart, secret.selectionEnd, 'end');
      secret.focus();
    }
    $('generator').hidden = true;
    $('make-password').setAttribute('aria-expanded', 'false');
  });
}

function wirePreview() {
  const dialog = /** @type {HTMLDialogElement} */ ($('preview'));
  $('look').addEventListener('click', () => {
    const asks = input('pass').value !== '';
    $('preview-pass').hidden = !asks;
    $('preview-ask').classList.toggle('ask', asks);
    dialog.showModal();
  });
  $('preview-close').addEventListener('click', () => dialog.close());
}

/** @param {{ role: 'user'|'password'|'address'|'note'|'other', value: string }[]} fields */
function turnIntoFields(fields) {
  $('fields').replaceChildren(clone('field-add-template'));
  $('field-add').addEventListener('click', () => addField('other', '').focus());
  for (const { role, value } of fields) addField(role, value);
  $('fields').hidden = false;
  secret.hidden = true;
  secret.value = '';
  $('offer').hidden = true;
  /** @type {HTMLElement} */ ($('use-fields').querySelector('span')).textContent = t('create-text');
  /** @type {HTMLElement|null} */ ($('fields').querySelector('.value'))?.focus();
}

function turnIntoText() {
  secret.value = readFields().fields.map((field) => field.value).join('\n');
  $('fields').hidden = true;
  $('fields').replaceChildren();
  secret.hidden = false;
  /** @type {HTMLElement} */ ($('use-fields').querySelector('span')).textContent = t('create-fields');
  secret.focus();
}

function wireFields() {
  $('use-fields').addEventListener('click', () => {
    if (usesFields()) turnIntoText();
    else {
      const read = guess(secret.value);
      const plain = secret.value ? [{ role: /** @type {const} */ ('note'), value: secret.value }] : [];
      turnIntoFields(read ?? [{ role: 'user', value: '' }, { role: 'password', value: '' }, ...plain]);
    }
  });
  secret.addEventListener('input', () => {
    const read = offered ? null : guess(secret.value);
    if (read) offered = true;
    if (read) $('offer').hidden = false;
  });
  $('offer-accept').addEventListener('click', () => {
    const read = guess(secret.value);
    if (read) turnIntoFields(read);
    $('offer').hidden = true;
  });
  $('offer-decline').addEventListener('click', () => {
    $('offer').hidden = true;
    secret.focus();
  });
}

/** What was written, or what is wrong with it. */
function read() {
  const { fault: wrong, fields } = usesFields() ? readFields() : { fault: null, fields: [] };
  const empty = usesFields() ? fields.length === 0 : secret.value === '';
  const { seconds, views } = settings;
  const tries = Number(input('tries').value);
  const whole = (/** @type {number} */ value, /** @type {number} */ min, /** @type {number} */ max) => (
    Number.isInteger(value) && value >= min && value <= max
  );
  if (wrong) return { wrong: t(wrong) };
  if (empty) return { wrong: t('error-empty') };
  const { minSeconds, maxSeconds, maxViews, minTries, maxTries } = LIMITS;
  if (!whole(seconds, minSeconds, maxSeconds)) return { wrong: t('error-expiry', { min: duration(minSeconds), max: duration(maxSeconds) }) };
  if (!whole(views, 1, maxViews)) return { wrong: t('error-views', { min: 1, max: maxViews }) };
  if (!whole(tries, minTries, maxTries)) return { wrong: t('error-tries', { min: minTries, max: maxTries }) };
  const passphrase = input('pass').value || null;
  if (passphrase && utf8(passphrase.normalize('NFC')).length > MAX_PASSPHRASE) return { wrong: t('error-passphrase-long') };
  /** @type {import('./envelope/envelope.js').Content} */
  const content = usesFields() ? { kind: 'fields', fields } : { kind: 'text', text: secret.value };
  return { content, passphrase, seconds, views, tries, action: input('action').value, strict: input('strict').checked };
}

/** @typedef {Exclude<ReturnType<typeof read>, { wrong: string }>} Asked */

/** @param {api.Refusal} refusal */
function explain(refusal) {
  if (refusal.problem === 'offline') return t(attempt?.upload ? 'error-lost' : 'error-offline');
  if (refusal.problem === 'storage-full') return t('error-full');
  if (refusal.problem === 'quota-exceeded') return t('error-quota');
  if (refusal.wait) return t('error-busy', { wait: duration(refusal.wait) });
  if (refusal.problem === 'too-large') return t('error-too-large', { size: size(refusal.limit) });
  if (['internal', 'timeout'].includes(refusal.problem)) return t('error-server');
  return t('error-refused');
}

/** @param {object} terms @param {Uint8Array<ArrayBuffer>} envelope @param {boolean} passphrase */
async function inParts(terms, envelope, passphrase) {
  try {
    await fetchLater();
    const { Upload } = await import('./uploads.js');
    return new Upload(terms, envelope, passphrase);
  } catch {
    throw new api.Refusal('offline');
  }
}

/** @param {Asked} asked @returns {Promise<Sealed>} */
async function sealed({ content, passphrase, seconds, views, tries, action, strict }) {
  const key = { bytes: random(32), profile: passphrase === null ? NONE : ARGON2ID };
  const keys = await Keys.derive(key, passphrase, stretch);
  const receipt = random(32);
  const terms = {
    link_proof_hash: base64url(await hash(await keys.linkProof())),
    proof_hash: base64url(await hash(await keys.proof())),
    receipt_hash: base64url(await hash(receipt)),
    expires_in: seconds,
    views,
    failed_passphrases: { limit: tries, action },
    strict,
  };
  const envelope = await seal(keys, random(16), content);
  if (envelope.length > LIMITS.maxBytes) throw new api.Refusal('too-large', { limit: LIMITS.maxBytes });
  const upload = envelope.length > api.LARGE ? await inParts(terms, envelope, passphrase !== null) : null;
  return { terms, envelope, once: base58(random(24)), key, receipt, upload };
}

/** An upload that nobody goes on with is given up. What went in one piece may have been made: it is asked again. */
function abandon() {
  if (!attempt?.upload) return;
  attempt.upload.giveUp();
  attempt = null;
}

/** Asked again without a change, it sends again what was sealed: a lost answer makes no second secret. @param {Asked} asked */
async function share(asked) {
  const same = JSON.stringify(asked);
  if (attempt?.asked !== same) {
    abandon();
    attempt = { ...await sealed(asked), asked: same };
  }
  const { terms, envelope, once, key, receipt, upload } = attempt;
  const send = async (/** @type {NonNullable<typeof upload>} */ parts) => parts.send((await import('./going.js')).follow(envelope.length));
  const created = await (upload ? send(upload) : api.create(terms, envelope, once));
  attempt = null;
  const id = parseId(created.id);
  return {
    created,
    address: created.url,
    key: await encodeKey(id, key),
    receipt: await receiptToken(id, receipt),
    passphrase: key.profile !== NONE,
  };
}

/** @param {SubmitEvent|KeyboardEvent} event */
async function submit(event) {
  event.preventDefault();
  const button = /** @type {HTMLButtonElement} */ ($('submit'));
  if (button.disabled) return;
  fault();
  const asked = read();
  if ('wrong' in asked) {
    fault(asked.wrong);
    return;
  }
  button.disabled = true;
  button.classList.add('busy');
  button.textContent = t('create-working');
  let goesOn = false;
  try {
    const made = await share(asked);
    const link = `${made.address}#${made.key}`;
    const copied = await copy(link);
    forget();
    await showDone(made, link, copied, again);
  } catch (error) {
    fault(error instanceof api.Refusal ? explain(error) : t('error-browser'));
    goesOn = attempt?.upload?.goesOn(error) ?? false;
    // What the server does not take or does not know any more starts anew.
    if (!goesOn) abandon();
    if (!(error instanceof api.Refusal || isIncapable(error))) throw error;
  } finally {
    button.disabled = false;
    button.classList.remove('busy');
    button.textContent = t(goesOn ? 'create-on' : 'create-verb');
    $('going').hidden = true;
  }
}

/** The secret has left as an envelope; the page does not keep it. The settings stay. */
function forget() {
  secret.value = '';
  input('pass').value = '';
  $('fields').hidden = true;
  $('fields').replaceChildren();
  $('generated').textContent = '';
  $('generator').hidden = true;
  $('offer').hidden = true;
  secret.hidden = false;
  [offered, attempt] = [false, null];
  /** @type {HTMLElement} */ ($('use-fields').querySelector('span')).textContent = t('create-fields');
  showTerms();
}

function again() {
  hideDone();
  $('create').hidden = false;
  secret.focus();
}

/** A file that is dropped here must not take the page's place. @param {DragEvent} event */
function keepOut(event) {
  if (!event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  if (event.type === 'drop') fault(t('error-files'));
}

/** Whether the reader would rather keep what a reload forgets. */
function stay() {
  const { seconds, views } = settings;
  const asked = [...document.querySelectorAll('#fields textarea')].map((field) => /** @type {HTMLTextAreaElement} */ (field).value);
  const written = [secret.value, input('pass').value, ...asked].some(Boolean);
  const set = seconds !== LIMITS.seconds || views !== 1 || input('strict').checked;
  return (written || set) && !confirm(t('switch-sure'));
}

/** Whether the page is only for some, and this is none of them as far as is known. */
async function isClosed() {
  const closed = document.getElementById('closed');
  if (!closed) return false;
  const mine = await api.mayCreate();
  closed.hidden = mine;
  $('form').hidden = !mine;
  return !mine;
}

if (await begin(() => '', stay)) {
  if (await isClosed()) {
    // The notice says what to do.
  } else if (isSecure()) {
    wireTerms();
    wireGenerator();
    wireFields();
    wirePreview();
    showTerms();
    const mac = /mac/i.test(navigator.platform) ? 'yes' : 'no';
    $('modifier').textContent = t('create-keys', { mac });
    $('keys').hidden = false;
    /** @type {HTMLButtonElement} */ ($('submit')).disabled = false;
    $('form').addEventListener('submit', submit);
    $('form').addEventListener('input', () => {
      // What was changed is another secret, which does not go on.
      const button = /** @type {HTMLButtonElement} */ ($('submit'));
      if (!button.disabled) button.textContent = t('create-verb');
    });
    $('form').addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event);
    });
    addEventListener('dragover', keepOut);
    addEventListener('drop', keepOut);
  } else {
    $('form').hidden = true;
  }
}

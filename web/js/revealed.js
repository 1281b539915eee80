// @ts-check
/**
 * Revealed: what a secret says, as text and nothing else, until the page wipes itself.
 */

import { ROLES } from './envelope/envelope.js';
import { $, clone, copyOnClick, save } from './dom.js';
import { clock, size, t } from './texts.js';

/** The names of fields by their number in the manifest. @type {Record<number, string>} */
const FIELDS_BY_ROLE = Object.fromEntries(Object.entries(ROLES).map(([name, role]) => [role, name]));
/** How long the page keeps what it shows, in seconds. */
const SPAN = 300;
/** When it says once more that it will wipe itself. */
const SOON = 60;
const MASK = '\u2022'.repeat(12);
/** Values that are masked until they are asked for. */
const MASKED = ['password', 'other'];
const BYTES = 'application/octet-stream';
let end = 0;
let most = SPAN;
/** @type {ReturnType<typeof setInterval>|undefined} */
let timer;

/** @param {HTMLElement} root @param {string} name */
const part = (root, name) => /** @type {HTMLElement} */ (root.querySelector(name));

/** @param {HTMLElement} root @param {string} name */
function nameButtons(root, name) {
  for (const what of root.querySelectorAll('.what')) what.textContent = ` ${name}`;
}

/** @param {string} heading @param {string} text */
function textPart(heading, text) {
  const section = clone('text-template');
  part(section, 'h2').textContent = heading;
  nameButtons(section, heading);
  part(section, '.value-text').textContent = text;
  copyOnClick(part(section, '.copy'), () => text);
  part(section, '.save').addEventListener('click', () => save('secret.txt', text, BYTES));
  return section;
}

/** @param {string} name @param {string} value @param {boolean} masked */
function fieldRow(name, value, masked) {
  const row = clone('field-template');
  part(row, 'dt').textContent = name;
  nameButtons(row, name);
  copyOnClick(part(row, '.copy'), () => value);
  const shown = part(row, '.value');
  const button = part(row, '.mask');
  const set = (/** @type {boolean} */ visible) => {
    shown.textContent = visible ? value : MASK;
    shown.classList.toggle('masked', !visible);
    button.setAttribute('aria-pressed', String(visible));
    part(button, '.says').textContent = t(visible ? 'hide' : 'show');
  };
  set(!masked);
  button.addEventListener('click', () => set(button.getAttribute('aria-pressed') !== 'true'));
  return row;
}

/** Fields in their order; notes are read as texts. @param {import('./envelope/envelope.js').Field[]} fields */
function fieldParts(fields) {
  const parts = [];
  /** @type {HTMLElement|null} */
  let list = null;
  for (const { role, label, value } of fields) {
    const kind = FIELDS_BY_ROLE[role];
    const name = kind === 'other' ? label : t(`field-${kind}`);
    if (kind === 'note') {
      parts.push(textPart(name, value));
      list = null;
    } else {
      if (!list) {
        list = document.createElement('dl');
        list.className = 'fields';
        parts.push(list);
      }
      list.append(fieldRow(name, value, MASKED.includes(kind)));
    }
  }
  return parts;
}

/** A name without the marks that make it read backwards. @param {string} name */
const readable = (name) => name.replaceAll(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');

/** @param {{ name: string, type: string, bytes: Uint8Array<ArrayBuffer> }} file */
function fileRow({ name, bytes }) {
  const row = clone('file-template');
  part(row, '.file-name').textContent = readable(name);
  part(row, '.file-size').textContent = size(bytes.length);
  nameButtons(row, readable(name));
  part(row, '.save').addEventListener('click', () => save(readable(name), bytes, BYTES));
  return row;
}

/** @param {import('./envelope/envelope.js').File[]} files */
function filesPart(files) {
  const section = document.createElement('section');
  section.className = 'part-of stack';
  const heading = document.createElement('h2');
  heading.textContent = t('revealed-files', { count: files.length });
  section.append(heading, ...files.map(fileRow));
  return section;
}

/** @param {import('./envelope/envelope.js').Content} content @returns {HTMLElement[]} */
function laid(content) {
  if (content.kind === 'text') return [textPart(t('revealed-text'), content.text)];
  return content.kind === 'fields' ? fieldParts(content.fields) : [filesPart(content.files)];
}

/** @param {import('./envelope/envelope.js').Content} content @param {() => void} wipe */
export function showContent(content, wipe) {
  $('revealed-lede').textContent = t('revealed-lede', { time: clock(new Date()) });
  $('content').replaceChildren(...laid(content));
  [end, most] = [Date.now() + SPAN * 1000, SPAN];
  tick();
  // By the clock on the wall: a computer that slept wipes as soon as it wakes.
  timer = setInterval(() => {
    if (Date.now() >= end) wipe();
    else tick();
  }, 1000);
  $('longer').addEventListener('click', () => {
    end += SPAN * 1000;
    tick();
  });
  $('wipe-now').addEventListener('click', wipe, { once: true });
}

function tick() {
  const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
  most = Math.max(most, left);
  $('wipe-clock').textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  const bar = /** @type {HTMLProgressElement} */ ($('wipe-bar'));
  bar.max = most;
  bar.value = left;
  $('news').textContent = left > 0 && left <= SOON ? t('revealed-wipe-soon') : '';
}

/** Nothing of it stays on the page. */
export function forgetContent() {
  clearInterval(timer);
  $('content').replaceChildren();
  $('news').textContent = '';
  $('revealed').hidden = true;
}

// @ts-check
/**
 * Revealed: what a secret says, as text and nothing else, until the page wipes itself.
 */

import { FIELDS_BY_ROLE } from './roles.js';
import { $, clone, copyOnClick, save } from './dom.js';
import { duration, size, t } from './texts.js';

const SPAN = 300;
const MASK = '\u2022'.repeat(12);
/** Values that are masked until they are asked for. */
const MASKED = ['password', 'other'];
let left = SPAN;
let most = SPAN;
/** @type {ReturnType<typeof setInterval>|undefined} */
let timer;

/** @param {HTMLElement} root @param {string} name */
const part = (root, name) => /** @type {HTMLElement} */ (root.querySelector(name));

/** @param {string} text */
function textPart(text) {
  const section = clone('text-template');
  part(section, '.value-text').textContent = text;
  copyOnClick(part(section, '.copy'), () => text);
  part(section, '.save').addEventListener('click', () => save('secret.txt', text, 'application/octet-stream'));
  return section;
}

/** @param {{ role: number, label: string, value: string }} field */
function fieldRow({ role, label, value }) {
  const kind = FIELDS_BY_ROLE[role];
  const name = kind === 'other' ? label : t(`field-${kind}`);
  const row = clone('field-template');
  part(row, 'dt').textContent = name;
  for (const what of row.querySelectorAll('.what')) what.textContent = ` ${name}`;
  copyOnClick(part(row, '.copy'), () => value);
  const shown = part(row, '.value');
  const button = part(row, '.mask');
  const set = (/** @type {boolean} */ visible) => {
    shown.textContent = visible ? value : MASK;
    shown.classList.toggle('masked', !visible);
    button.setAttribute('aria-pressed', String(visible));
    part(button, '.says').textContent = t(visible ? 'hide' : 'show');
  };
  set(!MASKED.includes(kind));
  button.addEventListener('click', () => set(button.getAttribute('aria-pressed') !== 'true'));
  return row;
}

/** @param {{ name: string, type: string, bytes: Uint8Array<ArrayBuffer> }} file */
function fileRow({ name, bytes }) {
  const row = clone('file-template');
  part(row, '.file-name').textContent = name;
  part(row, '.file-size').textContent = size(bytes.length);
  part(row, '.save').addEventListener('click', () => save(name, bytes, 'application/octet-stream'));
  return row;
}

/** @param {import('./envelope/envelope.js').Content} content @param {() => void} wipe */
export function showContent(content, wipe) {
  $('revealed-lede').textContent = t('revealed-lede', { views: 'yes' });
  if (content.kind === 'text') $('content').replaceChildren(textPart(content.text));
  else if (content.kind === 'fields') {
    const list = document.createElement('dl');
    list.className = 'fields';
    list.append(...content.fields.map(fieldRow));
    $('content').replaceChildren(list);
  } else {
    const section = document.createElement('section');
    section.className = 'part-of stack';
    const heading = document.createElement('h2');
    heading.textContent = t('revealed-file');
    section.append(heading, ...content.files.map(fileRow));
    $('content').replaceChildren(section);
  }
  [left, most] = [SPAN, SPAN];
  tick();
  timer = setInterval(() => {
    left -= 1;
    if (left <= 0) wipe();
    else tick();
  }, 1000);
  $('longer').addEventListener('click', () => {
    left += SPAN;
    most = Math.max(most, left);
    tick();
  });
  $('wipe-now').addEventListener('click', wipe, { once: true });
}

function tick() {
  $('wipe-text').textContent = t('revealed-wipe', { time: duration(left) });
  const bar = /** @type {HTMLProgressElement} */ ($('wipe-bar'));
  bar.max = most;
  bar.value = left;
}

/** Nothing of it stays on the page. */
export function forgetContent() {
  clearInterval(timer);
  $('content').replaceChildren();
  $('revealed').hidden = true;
}

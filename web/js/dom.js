// @ts-check
/**
 * Small verbs on the page. Text goes in as text, never as HTML.
 */

import { load, t } from './texts.js';

/** @template {HTMLElement} [T=HTMLElement] @param {string} id @returns {T} */
export function $(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no element ${id}`);
  return /** @type {T} */ (element);
}

/** @param {string} id @returns {HTMLInputElement} */
export const input = (id) => $(id);

/** Shows one of several states, and says where the reader is now. @param {string} id @param {string[]} all */
export function showOnly(id, all) {
  for (const other of all) $(other).hidden = other !== id;
  const heading = $(id).querySelector('h1');
  heading?.focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

/** A copy of a template's only element. @param {string} id @returns {HTMLElement} */
export function clone(id) {
  const template = /** @type {HTMLTemplateElement} */ ($(id));
  return /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
}

/** Fetches the modules that few readers need. The browser checks their digests too, before any of them is imported. */
export async function fetchLater() {
  const { content } = /** @type {HTMLTemplateElement} */ ($('later'));
  await Promise.all([...content.children].map((kept) => new Promise((resolve, reject) => {
    const link = kept.cloneNode();
    link.addEventListener('load', resolve);
    link.addEventListener('error', reject);
    document.head.append(link);
  })));
}

/** Fetches the drawings that may soon be shown. */
export function drawLater() {
  for (const drawn of document.querySelectorAll('use[data-href]')) {
    drawn.setAttribute('href', drawn.getAttribute('data-href') ?? '');
    drawn.removeAttribute('data-href');
  }
}

/** Copies text, and lets the button say so. @param {HTMLElement} button @param {() => string} text */
export function copyOnClick(button, text) {
  button.addEventListener('click', async () => {
    sayCopied(button, await copy(text()) ? 'copied' : 'copy-failed');
    setTimeout(() => sayCopied(button, 'copy'), 3000);
  });
}

/** What a copy button says and shows. @param {HTMLElement} button @param {'copy'|'copied'|'copy-failed'} state */
export function sayCopied(button, state) {
  const done = state === 'copied';
  button.classList.toggle('done', done);
  /** @type {HTMLElement} */ (button.querySelector('.says')).textContent = t(state);
  const glyph = /** @type {Element} */ (button.querySelector('use'));
  const sprite = (glyph.getAttribute('href') ?? '').split('#')[0];
  glyph.setAttribute('href', `${sprite}#${done ? 'check' : 'copy'}`);
}

/** @param {string} text @returns {Promise<boolean>} */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether the browser can seal and open here; says so on the page when it cannot. */
export function isSecure() {
  const secure = globalThis.isSecureContext && Boolean(globalThis.crypto?.subtle);
  $('insecure').hidden = secure;
  return secure;
}

/**
 * Loads the texts, and lets the language switch keep what only this page knows. Where the texts do not come,
 * the page says so, a reload has all that it needs, and the answer is no.
 * @param {() => string} fragment @param {() => boolean} [stay]
 */
export async function begin(fragment, stay = () => false) {
  // The capability goes through the address into the same page anew. The history never gets an entry with it.
  const again = () => {
    const kept = fragment();
    history.replaceState(null, '', location.pathname + (kept && `#${kept}`));
    location.reload();
  };
  try {
    await load();
  } catch {
    $('late').classList.add('now');
    $('reload').hidden = false;
    $('reload').addEventListener('click', again);
    return false;
  }
  $('late').remove();
  const link = /** @type {HTMLAnchorElement} */ ($('language'));
  link.addEventListener('click', (event) => {
    event.preventDefault();
    if (stay()) return;
    document.cookie = `lang=${link.hreflang}; path=/; max-age=31536000; samesite=lax`;
    again();
  });
  return true;
}

/** Whether the browser's own means failed (a worker, its cryptography, its memory), and not this program. @param {unknown} error */
export const isIncapable = (error) => error instanceof DOMException || error instanceof RangeError;

/** Saves bytes as a file of the reader's. @param {string} name @param {BlobPart} bytes @param {string} type */
export function save(name, bytes, type) {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

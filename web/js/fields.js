// @ts-check
/**
 * Named fields on the create page: rows that come and go, and the guess that a pasted text is one.
 */

import { ROLES } from './envelope/envelope.js';
import { $, clone } from './dom.js';
import { t } from './texts.js';

/** @typedef {keyof typeof ROLES} RoleName */

const USER = /^\s*(?:user(?:\s*name)?|login|e-?mail|account|anv(?:\u00e4|a)ndar(?:e|namn)|konto)\s*[:=]\s*(.+?)\s*$/i;
const PASSWORD = /^\s*(?:pass(?:word|phrase|wd)?|pwd|pin|l(?:\u00f6|o)senord|l(?:\u00f6|o)senfras)\s*[:=]\s*(.+?)\s*$/i;
const ADDRESS = /^\s*(?:(?:url|address|site|link|adress|l(?:\u00e4|a)nk)\s*[:=]\s*)?(https?:\/\/\S+)\s*$/i;

/**
 * Reads a pasted user name and password; `null` when it is something else.
 * @param {string} text @returns {{ role: RoleName, value: string }[]|null}
 */
export function guess(text) {
  /** @type {{ role: RoleName, value: string }[]} */
  const found = [];
  const rest = [];
  for (const line of text.split(/\r?\n/)) {
    const user = USER.exec(line);
    const password = PASSWORD.exec(line);
    const address = ADDRESS.exec(line);
    if (user) found.push({ role: 'user', value: user[1] });
    else if (password) found.push({ role: 'password', value: password[1] });
    else if (address) found.push({ role: 'address', value: address[1] });
    else if (line.trim()) rest.push(line);
  }
  const has = (/** @type {RoleName} */ role) => found.filter((field) => field.role === role).length === 1;
  if (!has('user') || !has('password')) return null;
  return rest.length ? [...found, { role: 'note', value: rest.join('\n') }] : found;
}

/** @param {RoleName} role @param {string} value */
export function addField(role, value) {
  const row = clone('field');
  const select = /** @type {HTMLSelectElement} */ (row.querySelector('.role'));
  const name = /** @type {HTMLInputElement} */ (row.querySelector('.name'));
  const text = /** @type {HTMLTextAreaElement} */ (row.querySelector('.value'));
  select.value = role;
  text.value = value;
  const relabel = () => {
    const own = select.value === 'other';
    name.hidden = !own;
    const label = own && name.value ? name.value : t(`field-${select.value}`);
    text.setAttribute('aria-label', label);
    /** @type {HTMLElement} */ (row.querySelector('.remove-name')).textContent = t('field-remove', { name: label });
  };
  select.addEventListener('change', relabel);
  name.addEventListener('input', relabel);
  row.querySelector('.remove')?.addEventListener('click', () => {
    row.remove();
    if (!$('fields').querySelector('.field')) addField('password', '');
    /** @type {HTMLElement|null} */ ($('fields').querySelector('.value'))?.focus();
  });
  relabel();
  const add = $('fields').querySelector('#field-add');
  $('fields').insertBefore(row, add);
  return text;
}

/** The fields that hold something; a fault when one of them has no name. */
export function readFields() {
  const fields = [];
  for (const row of $('fields').querySelectorAll('.field')) {
    const role = /** @type {RoleName} */ (/** @type {HTMLSelectElement} */ (row.querySelector('.role')).value);
    const name = /** @type {HTMLInputElement} */ (row.querySelector('.name'));
    const { value } = /** @type {HTMLTextAreaElement} */ (row.querySelector('.value'));
    if (value === '') continue;
    const label = role === 'other' ? name.value.trim() : '';
    if (role === 'other' && !label) {
      name.focus();
      return { fault: 'error-label', fields: [] };
    }
    fields.push({ role: ROLES[role], label, value });
  }
  return { fault: null, fields };
}

// @ts-check
/**
 * Named fields on the create page: rows that come and go.
 */

import { ROLES } from './envelope/envelope.js';
import { $, clone } from './dom.js';
import { t } from './texts.js';

/** @typedef {keyof typeof ROLES} RoleName */

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

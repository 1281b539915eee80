// @ts-check
/**
 * The texts that pages make while they run: plurals, times, durations. From the same Fluent files as the
 * server's.
 */

import { FluentBundle } from '../vendor/fluent-bundle/bundle.js';
import { FluentResource } from '../vendor/fluent-bundle/resource.js';

const language = document.documentElement.lang;
const bundle = new FluentBundle(language, { useIsolating: false });

/** Loads the page's language. Nothing is shown from here before it has. */
export async function load() {
  const link = /** @type {HTMLLinkElement} */ (document.getElementById('texts'));
  const response = await fetch(link.href);
  bundle.addResource(new FluentResource(await response.text()));
}

/** @param {string} key @param {Record<string, string|number>} [values] */
export function t(key, values) {
  const message = bundle.getMessage(key);
  if (!message?.value) throw new Error(`no text ${key}`);
  return bundle.formatPattern(message.value, values ?? null);
}

/** A duration in its largest whole unit, rounded up. @param {number} seconds */
export function duration(seconds) {
  if (seconds >= 86400 && seconds % 86400 === 0) return t('days', { count: seconds / 86400 });
  if (seconds >= 3600 && seconds % 3600 === 0) return t('hours', { count: seconds / 3600 });
  if (seconds >= 60) return t('minutes', { count: Math.ceil(seconds / 60) });
  return t('seconds', { count: Math.max(1, Math.ceil(seconds)) });
}

/** @param {Date} a @param {Date} b */
const sameDay = (a, b) => a.toDateString() === b.toDateString();

/** A time in the reader's own zone: short today, with its day otherwise. @param {Date} date */
export function time(date) {
  const today = sameDay(date, new Date());
  /** @type {Intl.DateTimeFormatOptions} */
  const clock = { hour: '2-digit', minute: '2-digit' };
  const options = today ? clock : { weekday: /** @type {const} */ ('short'), day: /** @type {const} */ ('numeric'), month: /** @type {const} */ ('short'), ...clock };
  return new Intl.DateTimeFormat(language, options).format(date);
}

/** The exact value behind a time. @param {Date} date */
export const exact = (date) => new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'long' }).format(date);

/** @param {number} bytes */
export function size(bytes) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < 3) [value, unit] = [value / 1000, unit + 1];
  return new Intl.NumberFormat(language, { style: 'unit', unit: units[unit], maximumFractionDigits: 1 }).format(value);
}

// @ts-check
/**
 * The texts that pages make while they run: plurals, times, durations. From the same Fluent files as the
 * server's, of which this reads what they use: values, and choices between variants.
 */

const language = document.documentElement.lang;
/** The reader's own way to write times and numbers, if it is a way of the page's language. */
const region = navigator.languages.find((tag) => tag.split('-')[0] === language) ?? language;
const plural = new Intl.PluralRules(language);
const number = new Intl.NumberFormat(language);
/** @type {Map<string, string>} */
const messages = new Map();

/** Loads the page's language. Nothing is shown from here before it has. */
export async function load() {
  const link = /** @type {HTMLLinkElement} */ (document.getElementById('texts'));
  const response = await fetch(link.href);
  if (!response.ok) throw new Error('no texts');
  for (const [, key, text] of (await response.text()).matchAll(/^([a-z][a-z0-9-]*) = (.*(?:\n(?: |\}).*)*)/gm)) messages.set(key, text);
}

/** The first variant that fits, or the one that is marked. @param {string} variants @param {string|number} value */
function choose(variants, value) {
  const all = [...variants.matchAll(/(\*?)\[([a-z0-9]+)\] (.*)/g)];
  const fits = all.find(([, , name]) => name === String(value) || (typeof value === 'number' && name === plural.select(value)));
  return (fits ?? all.find(([, marked]) => marked))?.[3] ?? '';
}

/** @param {string} key @param {Record<string, string|number>} [values] */
export function t(key, values = {}) {
  const text = messages.get(key);
  if (text === undefined) throw new Error(`no text ${key}`);
  const value = (/** @type {string} */ name) => {
    if (values[name] === undefined) throw new Error(`no ${name} for ${key}`);
    return values[name];
  };
  const chosen = text.replaceAll(/\{ \$([a-z]+) ->\n([^]*?)\n\}/g, (_, name, variants) => choose(variants, value(name)));
  return chosen.replaceAll(/\{ \$([a-z]+) \}/g, (_, name) => {
    const given = value(name);
    return typeof given === 'number' ? number.format(given) : given;
  });
}

/** A duration in its largest whole unit, rounded up. @param {number} seconds */
export function duration(seconds) {
  if (seconds >= 86400 && seconds % 86400 === 0) return t('days', { count: seconds / 86400 });
  if (seconds >= 3600 && seconds % 3600 === 0) return t('hours', { count: seconds / 3600 });
  if (seconds >= 60) return t('minutes', { count: Math.ceil(seconds / 60) });
  return t('seconds', { count: Math.max(1, Math.ceil(seconds)) });
}

/** How many midnights are between now and then. @param {Date} date */
function days(date) {
  const midnight = (/** @type {Date} */ day) => new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
  return Math.round((midnight(date) - midnight(new Date())) / 86400000);
}

/** @type {Intl.DateTimeFormatOptions} */
const CLOCK = { hour: '2-digit', minute: '2-digit' };

/** The time of day alone. @param {Date} date */
export const clock = (date) => new Intl.DateTimeFormat(region, CLOCK).format(date);

/** A time in the reader's own zone: short today, with its day otherwise. @param {Date} date */
export function time(date) {
  if (days(date) === 0) return clock(date);
  /** @type {Intl.DateTimeFormatOptions} */
  const day = { weekday: 'short', day: 'numeric', month: 'short', ...CLOCK };
  return new Intl.DateTimeFormat(region, day).format(date);
}

/** The time at which something ends, to stand after "until". @param {Date} date */
export function until(date) {
  const away = days(date);
  if (away === 0) return t('until-today', { time: clock(date) });
  return away === 1 ? t('until-tomorrow', { time: clock(date) }) : time(date);
}

/** The exact value behind a time. @param {Date} date */
export const exact = (date) => new Intl.DateTimeFormat(region, { dateStyle: 'full', timeStyle: 'long' }).format(date);

/** @param {number} bytes */
export function size(bytes) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < 3) [value, unit] = [value / 1000, unit + 1];
  const unitDisplay = unit === 0 ? 'long' : 'short';
  return new Intl.NumberFormat(region, { style: 'unit', unit: units[unit], unitDisplay, maximumFractionDigits: 1 }).format(value);
}

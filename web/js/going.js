// @ts-check
/**
 * How far an envelope is on its way: a bar, and one quiet line below the button.
 */

import { $ } from './dom.js';
import { duration, size, t } from './texts.js';

/** How often the line changes, in milliseconds. */
const CALM = 2000;
/** The stretch of time that the speed is taken from. */
const WINDOW = 10000;

/** The speed of the last seconds, and the time that is left at that speed. */
export class Pace {
  #total;
  /** @type {{ bytes: number, at: number }[]} */
  #seen = [];

  /** @param {number} total in bytes */
  constructor(total) {
    this.#total = total;
  }

  /** @param {number} bytes that are there @param {number} at in milliseconds */
  note(bytes, at) {
    // What was lost is sent again: the count begins anew.
    if (bytes < (this.#seen.at(-1)?.bytes ?? 0)) this.#seen = [];
    this.#seen.push({ bytes, at });
    while (this.#seen.length > 2 && this.#seen[1].at <= at - WINDOW) this.#seen.shift();
  }

  /** Bytes in a second and seconds left, or nothing while there is no telling. */
  read() {
    const [first, last] = [this.#seen[0], this.#seen.at(-1)];
    if (!first || !last || last.at - first.at < CALM || last.bytes === first.bytes) return null;
    const speed = ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
    return { speed, left: (this.#total - last.bytes) / speed };
  }
}

/** In steps that a person can follow. @param {number} seconds */
const round = (seconds) => (seconds > 10 ? Math.ceil(seconds / 5) * 5 : seconds);

/**
 * Shows the line from now on. What it returns is told how many bytes are there, and whether the page
 * waits for the connection.
 * @param {number} total in bytes @returns {(bytes: number, waits?: boolean) => void}
 */
export function follow(total) {
  const pace = new Pace(total);
  let [changed, waited, quarter] = [-CALM, false, 0];
  $('going-text').textContent = '';
  $('going-news').textContent = '';
  $('going').hidden = false;
  return (bytes, waits = false) => {
    const now = performance.now();
    const part = Math.floor((bytes * 100) / total);
    /** @type {HTMLProgressElement} */ ($('going-bar')).value = part;
    pace.note(bytes, now);
    if (now - changed < CALM && waits === waited) return;
    const read = pace.read();
    const line = () => {
      if (waits) return t('going-waits', { part });
      if (!read) return t('going-part', { part });
      return t('going-line', { part, speed: size(read.speed), left: duration(round(read.left)) });
    };
    $('going-text').textContent = line();
    // Read aloud less often than it changes.
    const reached = Math.floor(part / 25);
    if (reached !== quarter || waits !== waited) $('going-news').textContent = line();
    [changed, waited, quarter] = [now, waits, reached];
  };
}

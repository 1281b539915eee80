// @ts-check
/**
 * Bytes: joining, comparing, hashing, and their two text forms (base58 of fixed width, base64url).
 * Section 1.1 of the specification. Nothing here knows what the bytes mean.
 */

import { Fault } from './fault.js';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const encoder = new TextEncoder();

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/** @param {string} text @returns {Bytes} */
export const utf8 = (text) => encoder.encode(text);

/** @param {...Uint8Array} parts @returns {Bytes} */
export function join(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/**
 * Compares in time that does not depend on where the difference is.
 * @param {Uint8Array} a @param {Uint8Array} b
 */
export function equal(a, b) {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i += 1) difference |= a[i] ^ (b[i] ?? 0);
  return difference === 0;
}

/** SHA-256. @param {...Uint8Array} parts @returns {Promise<Bytes>} */
export async function hash(...parts) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', join(...parts)));
}

/** @param {number} length @returns {Bytes} */
export const random = (length) => crypto.getRandomValues(new Uint8Array(length));

/** How many digits so many bytes take. @param {number} length */
const digits = (length) => Math.ceil((length * 8) / Math.log2(58));

/** @param {Uint8Array} bytes */
export function base58(bytes) {
  const number = [...bytes];
  let text = '';
  for (let i = digits(bytes.length); i > 0; i -= 1) {
    let rest = 0;
    for (let j = 0; j < number.length; j += 1) {
      const value = rest * 256 + number[j];
      number[j] = Math.floor(value / 58);
      rest = value % 58;
    }
    text = ALPHABET[rest] + text;
  }
  return text;
}

/**
 * Reads exactly `length` bytes: `cut` when digits are missing, `mistyped` for anything else.
 * @param {string} text @param {number} length @returns {Bytes}
 */
export function fromBase58(text, length) {
  const known = [...text].every((digit) => ALPHABET.includes(digit));
  if (known && text.length < digits(length)) throw new Fault('cut');
  if (!known || text.length !== digits(length)) throw new Fault('mistyped');
  const bytes = new Uint8Array(length);
  for (const digit of text) {
    let carry = ALPHABET.indexOf(digit);
    for (let j = length - 1; j >= 0; j -= 1) {
      const product = bytes[j] * 58 + carry;
      bytes[j] = product & 255;
      carry = product >> 8;
    }
    if (carry) throw new Fault('mistyped');
  }
  return bytes;
}

/** Base64url without padding. @param {Uint8Array} bytes */
export function base64url(bytes) {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

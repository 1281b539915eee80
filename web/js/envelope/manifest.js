// @ts-check
/**
 * The manifest and the padding: what the plaintext holds, and a length that does not tell. Section 4.
 */

import { utf8 } from './bytes.js';
import { Fault } from './fault.js';

/** @typedef {import('./bytes.js').Bytes} Bytes */
/** @typedef {{ role: number, name: string, type: string, size: number }} Item */
/** @typedef {{ kind: 1|2|3, items: Item[] }} Manifest */

export const TEXT = 1;
export const FIELDS = 2;
export const FILES = 3;
const MOST = { [TEXT]: 1, [FIELDS]: 64, [FILES]: 1024 };
const MAX_MANIFEST = 65536;
const MAX_NAME = 1024;
const MAX_SIZE = 2 ** 50;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @param {Uint8Array} bytes */
export function fromUtf8(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Fault('bad-manifest');
  }
}

/** Paths, control characters, and characters that turn the direction of others. */
const UNFIT = /[/\\\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Whether a name can be a file's on every system without leaving its directory, and looks like what it is. @param {string} name */
export function isFileName(name) {
  return !['', '.', '..'].includes(name) && utf8(name).length <= MAX_NAME && !UNFIT.test(name);
}

/** @param {Manifest} manifest */
function check({ kind, items }) {
  const fine = items.length >= 1 && items.length <= MOST[kind] && items.every((item) => {
    if (!(item.size >= 0 && item.size <= MAX_SIZE)) return false;
    const plain = item.name === '' && item.type === '';
    if (kind === TEXT) return item.role === 0 && plain;
    if (kind === FILES) return item.role === 0 && isFileName(item.name) && /^[\x20-\x7e]{0,255}$/.test(item.type);
    if (item.role === 5) return item.name !== '' && utf8(item.name).length <= MAX_NAME && item.type === '';
    return item.role >= 1 && item.role <= 4 && plain;
  });
  if (!fine) throw new Fault('bad-manifest');
}

/** @param {Manifest} manifest @returns {Bytes} */
export function encodeManifest(manifest) {
  check(manifest);
  /** @type {number[]} */
  const out = [manifest.kind, manifest.items.length >> 8, manifest.items.length & 255];
  for (const item of manifest.items) {
    const [name, type] = [utf8(item.name), utf8(item.type)];
    const size = new Uint8Array(8);
    new DataView(size.buffer).setBigUint64(0, BigInt(item.size));
    out.push(item.role, name.length >> 8, name.length & 255, ...name, type.length, ...type, ...size);
  }
  if (out.length > MAX_MANIFEST) throw new Fault('bad-manifest');
  return Uint8Array.from(out);
}

/**
 * Reads a manifest from the start of `bytes`; `null` when more bytes are needed to tell.
 * @param {Bytes} bytes @returns {{ manifest: Manifest, length: number }|null}
 */
export function decodeManifest(bytes) {
  const short = Symbol('short');
  let at = 0;
  /** @param {number} length */
  const take = (length) => {
    if (at + length > bytes.length) throw short;
    at += length;
    return bytes.subarray(at - length, at);
  };
  try {
    const manifest = readManifest(take);
    check(manifest);
    if (at > MAX_MANIFEST) throw new Fault('bad-manifest');
    return { manifest, length: at };
  } catch (error) {
    if (error !== short) throw error;
    if (bytes.length >= MAX_MANIFEST) throw new Fault('bad-manifest');
    return null;
  }
}

/** @param {(length: number) => Bytes} take @returns {Manifest} */
function readManifest(take) {
  const [kind] = take(1);
  const [high, low] = take(2);
  const count = high * 256 + low;
  if (kind !== TEXT && kind !== FIELDS && kind !== FILES) throw new Fault('bad-manifest');
  if (count === 0 || count > MOST[kind]) throw new Fault('bad-manifest');
  const items = [];
  for (let i = 0; i < count; i += 1) {
    const [role] = take(1);
    const [nameHigh, nameLow] = take(2);
    if (nameHigh * 256 + nameLow > MAX_NAME) throw new Fault('bad-manifest');
    const name = fromUtf8(take(nameHigh * 256 + nameLow));
    const type = fromUtf8(take(take(1)[0]));
    const size = take(8);
    const value = new DataView(size.buffer, size.byteOffset).getBigUint64(0);
    if (value > BigInt(MAX_SIZE)) throw new Fault('bad-manifest');
    items.push({ role, name, type, size: Number(value) });
  }
  return { kind, items };
}

/** `pad(n)`: Padme with a floor of 256 bytes. @param {number} length */
export function paddedLength(length) {
  if (length <= 256) return 256;
  const e = Math.floor(Math.log2(length));
  const s = Math.floor(Math.log2(e)) + 1;
  const step = 2 ** (e - s);
  return Math.ceil(length / step) * step;
}

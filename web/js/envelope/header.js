// @ts-check
/**
 * The header: which keys fit, and how they are made. Section 3.1.
 */

import { equal, join } from './bytes.js';
import { Fault } from './fault.js';
import { WORK } from './keys.js';

/** @typedef {import('./bytes.js').Bytes} Bytes */
/** @typedef {import('./keys.js').Keys} Keys */

export const HEADER = 64;
const PREFIX = 32;
const START = [0x53, 0x47, 0x4c, 0x31, 1];

/** @param {Keys} keys @param {Uint8Array} salt @returns {Promise<Bytes>} */
export async function sealHeader(keys, salt) {
  const prefix = new Uint8Array(PREFIX);
  const view = new DataView(prefix.buffer);
  const { t, m, p } = WORK[keys.profile];
  prefix.set([...START, keys.profile]);
  view.setUint16(6, t);
  view.setUint32(8, m);
  view.setUint32(12, p);
  prefix.set(salt, 16);
  return join(prefix, await keys.commitment(prefix));
}

/**
 * Judges the first bytes of an envelope, in the order of section 3.1.
 * @param {Bytes} bytes @returns {{ profile: number, bytes: Bytes }}
 */
export function parseHeader(bytes) {
  if (bytes.length < HEADER) throw new Fault('cut');
  const header = bytes.slice(0, HEADER);
  if (START.some((byte, i) => header[i] !== byte)) throw new Fault('unknown-format');
  const view = new DataView(header.buffer);
  const [profile, t, m, p] = [header[5], view.getUint16(6), view.getUint32(8), view.getUint32(12)];
  if (m > 262144 || t > 10 || p > 1) throw new Fault('excessive-work');
  const work = WORK[profile];
  if (!work || work.t !== t || work.m !== m || work.p !== p) throw new Fault('bad-header');
  return { profile, bytes: header };
}

/**
 * The content key, if the keys are those that the header was made with.
 * @param {{ profile: number, bytes: Bytes }} header @param {Keys} keys
 */
export async function unlock(header, keys) {
  if (header.profile !== keys.profile) throw new Fault('bad-header');
  const prefix = header.bytes.slice(0, PREFIX);
  if (!equal(await keys.commitment(prefix), header.bytes.slice(PREFIX))) throw new Fault('wrong-key');
  return keys.contentKey(prefix);
}

// @ts-check
/**
 * Links: where a secret is and what opens it. Section 1.2. A link that was cut or mistyped is
 * recognised here, without asking the server.
 */

import { base58, equal, fromBase58, hash, join, utf8 } from './bytes.js';
import { Fault } from './fault.js';

/** @typedef {import('./bytes.js').Bytes} Bytes */
/** @typedef {{ bytes: Bytes, profile: number }} LinkKey */

const VERSION = 1;
/** Profiles that this version knows: none, Argon2id. */
export const NONE = 0;
export const ARGON2ID = 1;

/** @param {Uint8Array} id @param {Uint8Array} front @returns {Promise<Bytes>} */
const checksum = async (id, front) => (await hash(utf8('sigill/v1 link'), id, front)).slice(0, 4);

/** @param {string} text @returns {Bytes} */
export const parseId = (text) => fromBase58(text, 16);

/** @param {Uint8Array} id @param {LinkKey} key */
export async function encodeKey(id, key) {
  const front = join(new Uint8Array([VERSION, key.profile]), key.bytes);
  return base58(join(front, await checksum(id, front)));
}

/** @param {Uint8Array} id @param {string} text @returns {Promise<LinkKey>} */
export async function decodeKey(id, text) {
  if (!text) throw new Fault('missing-key');
  const bytes = fromBase58(text, 38);
  const front = bytes.slice(0, 34);
  if (bytes[0] !== VERSION) throw new Fault('unknown-version');
  if (!equal(bytes.slice(34), await checksum(id, front))) throw new Fault('mistyped');
  if (bytes[1] > ARGON2ID) throw new Fault('unknown-profile');
  return { profile: bytes[1], bytes: front.slice(2) };
}

/**
 * Reads a whole link.
 * @param {string} text
 * @returns {Promise<{ origin: string, id: Bytes, idText: string, key: LinkKey }>}
 */
export async function parseLink(text) {
  const at = text.indexOf('#');
  const address = at < 0 ? text : text.slice(0, at);
  const keyText = at < 0 ? '' : text.slice(at + 1);
  const scheme = /^https?:\/\//.exec(address);
  if (!scheme) throw new Fault('mistyped');
  const slash = address.indexOf('/', scheme[0].length);
  if (slash < 0) throw new Fault('cut');
  const host = address.slice(scheme[0].length, slash);
  const path = address.slice(slash + 1);
  if (!path.startsWith('s/') || !host || /[@?\\]|[^!-~]/.test(host)) throw new Fault('mistyped');
  if (!keyText) throw new Fault('missing-key');
  const idText = path.slice(2);
  const id = parseId(idText);
  return { origin: address.slice(0, slash), id, idText, key: await decodeKey(id, keyText) };
}

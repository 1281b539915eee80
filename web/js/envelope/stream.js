// @ts-check
/**
 * STREAM over AES-256-GCM in chunks of 64 KiB. Section 3.2. Each chunk is sealed and opened on its own,
 * so memory does not grow with the body.
 */

import { Fault } from './fault.js';

/** @typedef {import('./bytes.js').Bytes} Bytes */

export const CHUNK = 65536;
export const TAG = 16;

/** @param {number} index @param {boolean} last */
function nonce(index, last) {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint32(3, Math.floor(index / 2 ** 32));
  view.setUint32(7, index % 2 ** 32);
  bytes[11] = last ? 1 : 0;
  return bytes;
}

/** @param {CryptoKey} key @param {Bytes} aad @param {number} index @param {boolean} last @param {Bytes} plain */
export async function sealChunk(key, aad, index, last, plain) {
  const params = { name: 'AES-GCM', iv: nonce(index, last), additionalData: aad };
  return new Uint8Array(await crypto.subtle.encrypt(params, key, plain));
}

/** @param {CryptoKey} key @param {Bytes} aad @param {number} index @param {boolean} last @param {Bytes} sealed */
export async function openChunk(key, aad, index, last, sealed) {
  if (sealed.length <= TAG) throw new Fault('damaged');
  const params = { name: 'AES-GCM', iv: nonce(index, last), additionalData: aad };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(params, key, sealed));
  } catch {
    throw new Fault('damaged');
  }
}

// @ts-check
/**
 * The other capabilities: receipts, claims and uploads. Section 6.
 */

import { base58, equal, fromBase58, hash, join, utf8 } from './bytes.js';
import { Fault } from './fault.js';

/** @typedef {import('./bytes.js').Bytes} Bytes */

/** @param {Uint8Array} id @param {Uint8Array} secret */
const checksum = async (id, secret) => (await hash(utf8('sigill/v1 receipt'), id, secret)).slice(0, 4);

/** @param {Uint8Array} id @param {Uint8Array} secret 32 random bytes */
export async function receiptToken(id, secret) {
  return `sgr_${base58(join(id, secret, await checksum(id, secret)))}`;
}

/** @param {string} text @returns {Promise<{ id: Bytes, secret: Bytes }>} */
export async function parseReceiptToken(text) {
  if (!text.startsWith('sgr_')) throw new Fault('mistyped');
  const bytes = fromBase58(text.slice(4), 52);
  const [id, secret] = [bytes.slice(0, 16), bytes.slice(16, 48)];
  if (!equal(bytes.slice(48), await checksum(id, secret))) throw new Fault('mistyped');
  return { id, secret };
}

/** @param {Uint8Array} secret 32 random bytes */
export const claimToken = (secret) => `sgc_${base58(secret)}`;

/** @param {string} text @returns {Bytes} */
export function parseClaimToken(text) {
  if (!text.startsWith('sgc_')) throw new Fault('mistyped');
  return fromBase58(text.slice(4), 32);
}

/** @param {Uint8Array} secret 32 random bytes */
export const uploadToken = (secret) => `sgu_${base58(secret)}`;

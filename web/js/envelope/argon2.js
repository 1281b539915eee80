// @ts-check
/**
 * Argon2id (RFC 9106) by the vendored hash-wasm, which puts itself on the global object.
 */

import '../../vendor/hash-wasm/argon2.umd.min.js';

/**
 * @param {{ password: Uint8Array, salt: Uint8Array, t: number, m: number, p: number }} work
 * @returns {Promise<import('./bytes.js').Bytes>}
 */
export function argon2id({ password, salt, t, m, p }) {
  const { hashwasm } = /** @type {any} */ (globalThis);
  return hashwasm.argon2id({
    password, salt, iterations: t, memorySize: m, parallelism: p, hashLength: 32, outputType: 'binary',
  });
}

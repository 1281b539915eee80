// @ts-check
/**
 * The key schedule: what comes out of a link key and a passphrase. Section 2.
 */

import { join, utf8 } from './bytes.js';
import { Fault } from './fault.js';
import { ARGON2ID, NONE } from './link.js';

/** @typedef {import('./bytes.js').Bytes} Bytes */
/** @typedef {import('./link.js').LinkKey} LinkKey */
/** @typedef {{ t: number, m: number, p: number }} Work */
/** @typedef {(work: Work & { password: Bytes, salt: Bytes }) => Promise<Bytes>} Stretch */

/** What Argon2id is asked to do, by profile. @type {Record<number, Work>} */
export const WORK = { [NONE]: { t: 0, m: 0, p: 0 }, [ARGON2ID]: { t: 4, m: 32768, p: 1 } };

/** The longest passphrase in bytes, after normalisation. */
export const MAX_PASSPHRASE = 1024;

/** @param {Uint8Array} salt @param {Bytes} ikm @param {string} info @param {number} length */
async function hkdf(salt, ikm, info, length) {
  const key = await crypto.subtle.importKey('raw', ikm, 'HKDF', false, ['deriveBits']);
  const params = { name: 'HKDF', hash: 'SHA-256', salt: join(salt), info: utf8(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(params, key, length * 8));
}

const EMPTY = new Uint8Array(0);

/** Everything that one link key and one passphrase give. */
export class Keys {
  /** @param {number} profile @param {Bytes} linkKey @param {Bytes} ikm */
  constructor(profile, linkKey, ikm) {
    this.profile = profile;
    /** @type {Bytes} */ this.linkKey = linkKey;
    /** @type {Bytes} */ this.ikm = ikm;
  }

  /**
   * A passphrase must be given exactly when the link asks for one. It is normalised to NFC; nothing
   * else is done to it.
   * @param {LinkKey} key @param {string|null} passphrase @param {Stretch} stretch
   */
  static async derive(key, passphrase, stretch) {
    if ((key.profile === NONE) !== (passphrase === null)) throw new Fault('wrong-key');
    if (passphrase === null) return new Keys(key.profile, key.bytes, key.bytes);
    const salt = await hkdf(EMPTY, key.bytes, 'sigill/v1 passphrase salt', 16);
    const password = utf8(passphrase.normalize('NFC'));
    const stretched = await stretch({ ...WORK[key.profile], password, salt });
    return new Keys(key.profile, key.bytes, join(key.bytes, stretched));
  }

  linkProof() {
    return hkdf(EMPTY, this.linkKey, 'sigill/v1 link proof', 32);
  }

  proof() {
    return hkdf(EMPTY, this.ikm, 'sigill/v1 proof', 32);
  }

  /** @param {Uint8Array} prefix */
  commitment(prefix) {
    return hkdf(prefix, this.ikm, 'sigill/v1 key commitment', 32);
  }

  /** @param {Uint8Array} prefix */
  async contentKey(prefix) {
    const raw = await hkdf(prefix, this.ikm, 'sigill/v1 content key', 32);
    return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
  }
}

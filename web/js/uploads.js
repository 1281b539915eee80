// @ts-check
/**
 * Uploading: a large envelope goes out in parts, one after the other, and a line that breaks costs no
 * more than a part. Every step may be made again: what is safe already is not replaced.
 */

import * as api from './api.js';
import { base64url, hash, random } from './envelope/bytes.js';
import { uploadToken } from './envelope/token.js';

/** @typedef {(bytes: number, waits: boolean) => void} Told */

/** The pauses between tries, in milliseconds. A step that succeeds starts them anew. */
const PAUSES = [250, 500, 1000, 2000, 4000, 8000, 15000, 15000];
/** How long a server may make the page wait, in seconds. */
const MOST = 60;
/** What may be over when it is tried again. */
const PASSING = ['offline', 'internal', 'timeout', 'overloaded', 'too-many-requests'];

/** Whether going on later may help. @param {unknown} error */
export const mayPass = (error) => error instanceof api.Refusal && PASSING.includes(error.problem);

/** @param {number} milliseconds @returns {Promise<void>} */
const wait = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/** One envelope on its way. It can be sent again and again until it has arrived, and then goes on where it was. */
export class Upload {
  #secret = random(32);
  #token = uploadToken(this.#secret);
  #id = '';
  #partBytes = 0;
  /** @type {Set<number>} */
  #safe = new Set();
  /** @type {object} */
  #terms;
  /** @type {Uint8Array<ArrayBuffer>} */
  #envelope;
  /** @type {boolean} */
  #passphrase;
  /** @type {typeof wait} */
  #pause;

  /** @param {object} terms @param {Uint8Array<ArrayBuffer>} envelope @param {boolean} passphrase @param {typeof wait} [pause] */
  constructor(terms, envelope, passphrase, pause = wait) {
    this.#terms = terms;
    this.#envelope = envelope;
    this.#passphrase = passphrase;
    this.#pause = pause;
  }

  /** Sends what is missing, and completes the secret. @param {Told} told @returns {Promise<any>} */
  async send(told) {
    if (!this.#isWhole()) await this.#persist(() => this.#ask(), () => told(0, true));
    for (let at = 0, number = 0; at < this.#envelope.length; at += this.#partBytes, number += 1) {
      if (this.#safe.has(number)) continue;
      const part = this.#envelope.subarray(at, at + this.#partBytes);
      told(at, false);
      await this.#persist(
        () => api.sendPart(this.#id, this.#token, number, part, (bytes) => told(at + Math.min(bytes, part.length), false)),
        () => told(at, true),
      );
      this.#safe.add(number);
    }
    const all = this.#envelope.length;
    told(all, false);
    return this.#persist(() => api.completeUpload(this.#id, this.#token), () => told(all, true));
  }

  /** Gives it up: the server destroys what has come, now or by itself in a day. */
  async giveUp() {
    if (this.#id) await api.giveUp(this.#id, this.#token).catch(() => {});
  }

  #isWhole() {
    return this.#partBytes > 0 && this.#safe.size === Math.ceil(this.#envelope.length / this.#partBytes);
  }

  /** Begins, or asks which parts are safe. */
  async #ask() {
    const beginning = {
      terms: this.#terms,
      size: this.#envelope.length,
      passphrase: this.#passphrase,
      token_hash: base64url(await hash(this.#secret)),
    };
    const begun = this.#id ? await api.upload(this.#id, this.#token) : await api.beginUpload(beginning);
    if (!(begun.part_bytes > 0)) throw new api.Refusal('internal');
    [this.#id, this.#partBytes, this.#safe] = [begun.id, begun.part_bytes, new Set(begun.parts)];
  }

  /**
   * Takes a step until it succeeds or there were enough tries.
   * @template T @param {() => Promise<T>} step @param {() => void} waits @returns {Promise<T>}
   */
  async #persist(step, waits) {
    for (let failed = 0; ; failed += 1) {
      try {
        return await step();
      } catch (error) {
        if (failed >= PAUSES.length || !mayPass(error)) throw error;
        waits();
        const asked = Math.min(/** @type {api.Refusal} */ (error).wait, MOST) * 1000;
        await this.#pause(Math.max(PAUSES[failed], asked));
      }
    }
  }
}

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

/** @typedef {{ id: string, part_bytes: number, parts: number[] }} Begun */

/** @param {object} beginning @returns {Promise<Begun>} */
async function beginUpload(beginning) {
  const headers = { 'content-type': 'application/json' };
  return api.read(await api.call('/uploads', { method: 'POST', headers, body: JSON.stringify(beginning) }));
}

/** @param {string} id @param {string} token @returns {Promise<Begun>} */
const upload = async (id, token) => api.read(await api.call(`/uploads/${id}`, api.bearing(token, 'GET')));

/** How long a part may stand still on its way, in milliseconds. */
const PATIENCE = 60000;

/**
 * Sends a part. The one request that is no `fetch`, which does not tell how far a body is.
 * @param {string} id @param {string} token @param {number} number @param {Uint8Array<ArrayBuffer>} part
 * @param {(bytes: number) => void} moved @returns {Promise<void>}
 */
const sendPart = (id, token, number, part, moved) => new Promise((resolve, reject) => {
  const request = new XMLHttpRequest();
  request.open('PUT', `/v1/uploads/${id}/parts/${number}`);
  request.setRequestHeader('authorization', `Bearer ${token}`);
  request.setRequestHeader('content-type', 'application/octet-stream');
  let watch = setTimeout(() => request.abort(), PATIENCE);
  request.upload.addEventListener('progress', (event) => {
    clearTimeout(watch);
    watch = setTimeout(() => request.abort(), PATIENCE);
    moved(event.loaded);
  });
  request.addEventListener('loadend', () => {
    clearTimeout(watch);
    if (request.status >= 200 && request.status < 300) resolve();
    else reject(answered(request));
  });
  request.send(part);
});

/** @param {XMLHttpRequest} request */
function answered({ status, responseText }) {
  try {
    return api.said(JSON.parse(responseText));
  } catch {
    return new api.Refusal(status >= 500 ? 'internal' : 'offline');
  }
}

/** @param {string} id @param {string} token */
const completeUpload = async (id, token) => api.read(await api.call(`/uploads/${id}/complete`, api.bearing(token, 'POST')));

/** @param {string} id @param {string} token */
const giveUp = (id, token) => api.call(`/uploads/${id}`, api.bearing(token, 'DELETE'));

/** @param {unknown} error */
const mayPass = (error) => error instanceof api.Refusal && PASSING.includes(error.problem);

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
        () => sendPart(this.#id, this.#token, number, part, (bytes) => told(at + Math.min(bytes, part.length), false)),
        () => told(at, true),
      );
      this.#safe.add(number);
    }
    const all = this.#envelope.length;
    told(all, false);
    return this.#persist(() => completeUpload(this.#id, this.#token), () => told(all, true));
  }

  /** Whether it can go on after that. @param {unknown} error */
  goesOn(error) {
    return mayPass(error);
  }

  /** Gives it up: the server destroys what has come, now or by itself in a day. */
  async giveUp() {
    if (this.#id) await giveUp(this.#id, this.#token).catch(() => {});
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
    const begun = this.#id ? await upload(this.#id, this.#token) : await beginUpload(beginning);
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

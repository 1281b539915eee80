// @ts-check
/**
 * The native API, as the pages speak it. Capabilities go in bodies and headers, never in an address.
 */

/** What is larger goes out in parts, and takes long enough to be shown on its way. */
export const LARGE = 16 * 1024 * 1024;

/** What the server said no with, or that it could not be reached at all. */
export class Refusal extends Error {
  /** @param {string} name @param {{ limit?: number, attempts_left?: number, retry_after?: number }} [more] */
  constructor(name, more = {}) {
    super(name);
    this.problem = name;
    this.limit = more.limit ?? 0;
    this.left = more.attempts_left ?? 0;
    this.wait = more.retry_after ?? 0;
  }
}

/** What pages of somebody's session send, where only some may create. */
let csrf = '';

/** Whether whoever is signed in may create here. From then on it is they who create. */
export async function mayCreate() {
  try {
    const response = await fetch('/v1/creating', { cache: 'no-store', credentials: 'same-origin', redirect: 'error' });
    if (!response.ok) return false;
    /** @type {{ may_create: boolean, csrf: string }} */
    const said = await response.json();
    if (said.may_create) csrf = said.csrf;
    return said.may_create;
  } catch {
    return false;
  }
}

/** @param {string} path @param {RequestInit} init */
export async function call(path, init) {
  const signed = csrf !== '' && (path === '/secrets' || path === '/uploads');
  /** @type {RequestInit} */
  const who = signed ? { headers: { ...init.headers, 'sigill-csrf': csrf }, credentials: 'same-origin' } : { credentials: 'omit' };
  let response;
  try {
    response = await fetch(`/v1${path}`, { ...init, ...who, cache: 'no-store', redirect: 'error' });
  } catch {
    throw new Refusal('offline');
  }
  if (response.ok) return response;
  /** @type {{ type?: string, limit?: number, attempts_left?: number, retry_after?: number }} */
  let document = {};
  try {
    document = await response.json();
  } catch {
    throw new Refusal(response.status >= 500 ? 'internal' : 'offline');
  }
  throw said(document);
}

/** @param {{ type?: string, limit?: number, attempts_left?: number, retry_after?: number }} document */
export const said = (document) => new Refusal(String(document.type ?? '').split(':').pop() || 'internal', document);

/** An answer that breaks off is no answer. @param {Response} response */
export async function read(response) {
  try {
    return await response.json();
  } catch {
    throw new Refusal('offline');
  }
}

/** @param {string} token @param {string} method @returns {RequestInit} */
export const bearing = (token, method) => ({ method, headers: { authorization: `Bearer ${token}` } });

/** @param {object} terms @param {Uint8Array<ArrayBuffer>} envelope @param {string} idempotencyKey */
export async function create(terms, envelope, idempotencyKey) {
  const body = new FormData();
  body.append('terms', new Blob([JSON.stringify(terms)], { type: 'application/json' }));
  body.append('envelope', new Blob([envelope], { type: 'application/octet-stream' }));
  return read(await call('/secrets', { method: 'POST', body, headers: { 'idempotency-key': idempotencyKey } }));
}

/** All bytes of an answer. @param {Response} response @param {Follow} follow */
async function whole(response, follow) {
  const total = Number(response.headers.get('content-length'));
  const told = response.headers.has('content-encoding') ? null : await follow(total);
  if (!told || !response.body) return new Uint8Array(await response.arrayBuffer());
  const bytes = new Uint8Array(total);
  const reader = response.body.getReader();
  let at = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    bytes.set(read.value, at);
    at += read.value.length;
    told(at);
  }
  return bytes;
}

/** Is told the size of what comes; returns what wants to know how many bytes are there. @typedef {(total: number) => Promise<((bytes: number) => void)|null>} Follow */

/** @param {string} id @param {{ link_proof: string, proof: string, claim_token: string }} claim @param {Follow} follow */
export async function claim(id, claim, follow) {
  const headers = { 'content-type': 'application/json' };
  const response = await call(`/secrets/${id}/claim`, { method: 'POST', headers, body: JSON.stringify(claim) });
  const strict = !response.headers.has('sigill-lease-ends');
  try {
    return { envelope: await whole(response, follow), strict };
  } catch {
    // Handed out once and cut off: it is gone.
    throw new Refusal(strict ? 'spent' : 'offline');
  }
}

/** @param {string} id @param {string} token */
export const acknowledge = (id, token) => call(`/secrets/${id}/ack`, bearing(token, 'POST'));

/** @param {string} token */
export const receipt = async (token) => read(await call('/receipt', bearing(token, 'GET')));

/** @param {string} token */
export const burn = async (token) => read(await call('/receipt/burn', bearing(token, 'POST')));

/** @param {string} token */
export const unlock = async (token) => read(await call('/receipt/unlock', bearing(token, 'POST')));

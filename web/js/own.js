// @ts-check
/**
 * The links that were made in this browser, so that their maker is warned before using one up. Only a
 * hash of the id is kept: it opens nothing, and it names nothing.
 */

import { base64url, hash, utf8 } from './envelope/bytes.js';

const KEY = 'sigill-own';
const MOST = 50;

function read() {
  try {
    const list = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
  } catch {
    return [];
  }
}

/** @param {string} id */
const mark = async (id) => base64url((await hash(utf8(`sigill own ${id}`))).slice(0, 12));

/** @param {string} id */
export async function remember(id) {
  try {
    localStorage.setItem(KEY, JSON.stringify([await mark(id), ...read()].slice(0, MOST)));
  } catch {
    // No storage: no warning, and nothing worse.
  }
}

/** @param {string} id */
export const isOwn = async (id) => read().includes(await mark(id));

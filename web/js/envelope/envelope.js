// @ts-check
/**
 * Sealing and opening whole secrets: texts and fields. Sections 3 and 4. Nothing is released unless all
 * of an envelope is whole.
 */

import { join, utf8 } from './bytes.js';
import { Fault } from './fault.js';
import { HEADER, parseHeader, sealHeader, unlock } from './header.js';
import { FIELDS, FILES, TEXT, decodeManifest, encodeManifest, fromUtf8, paddedLength } from './manifest.js';
import { CHUNK, TAG, openChunk, sealChunk } from './stream.js';

/** @typedef {import('./bytes.js').Bytes} Bytes */
/** @typedef {import('./keys.js').Keys} Keys */
/** @typedef {{ role: number, label: string, value: string }} Field */
/** @typedef {{ name: string, type: string, bytes: Bytes }} File */
/** @typedef {{ kind: 'text', text: string } | { kind: 'fields', fields: Field[] } | { kind: 'files', files: File[] }} Content */

/** What a field is for. */
export const ROLES = { user: 1, password: 2, address: 3, note: 4, other: 5 };

/** @param {Content} content @returns {{ manifest: import('./manifest.js').Manifest, parts: Bytes[] }} */
function lay(content) {
  if (content.kind === 'text') {
    const bytes = utf8(content.text);
    return { manifest: { kind: TEXT, items: [{ role: 0, name: '', type: '', size: bytes.length }] }, parts: [bytes] };
  }
  if (content.kind === 'fields') {
    const parts = content.fields.map((field) => utf8(field.value));
    const items = content.fields.map((field, i) => ({ role: field.role, name: field.label, type: '', size: parts[i].length }));
    return { manifest: { kind: FIELDS, items }, parts };
  }
  const parts = content.files.map((file) => file.bytes);
  const items = content.files.map((file) => ({ role: 0, name: file.name, type: file.type, size: file.bytes.length }));
  return { manifest: { kind: FILES, items }, parts };
}

/**
 * @param {Keys} keys @param {Uint8Array} salt 16 fresh random bytes
 * @param {Content} content @returns {Promise<Bytes>}
 */
export async function seal(keys, salt, content) {
  const { manifest, parts } = lay(content);
  const body = join(encodeManifest(manifest), ...parts);
  const plain = new Uint8Array(paddedLength(body.length));
  plain.set(body);
  const header = await sealHeader(keys, salt);
  const key = await unlock(parseHeader(header), keys);
  const out = [header];
  for (let at = 0, index = 0; at < plain.length; at += CHUNK, index += 1) {
    out.push(await sealChunk(key, header, index, at + CHUNK >= plain.length, plain.slice(at, at + CHUNK)));
  }
  return join(...out);
}

/** @param {Keys} keys @param {Bytes} envelope @returns {Promise<Content>} */
export async function open(keys, envelope) {
  const header = parseHeader(envelope);
  const key = await unlock(header, keys);
  const sealed = envelope.slice(HEADER);
  if (sealed.length === 0) throw new Fault('cut');
  const chunks = [];
  for (let at = 0, index = 0; at < sealed.length; at += CHUNK + TAG, index += 1) {
    const chunk = sealed.slice(at, at + CHUNK + TAG);
    const last = at + CHUNK + TAG >= sealed.length;
    chunks.push(await openChunk(key, header.bytes, index, last, chunk));
  }
  return split(join(...chunks));
}

/** @param {Bytes} plain @returns {Content} */
function split(plain) {
  const read = decodeManifest(plain);
  if (!read) throw new Fault('bad-manifest');
  const { manifest, length } = read;
  const end = manifest.items.reduce((sum, item) => sum + item.size, length);
  const padded = plain.length === paddedLength(end) && plain.subarray(end).every((byte) => byte === 0);
  if (!padded) throw new Fault('bad-padding');
  let at = length;
  const values = manifest.items.map(({ size }) => plain.slice(at, (at += size)));
  if (manifest.kind === TEXT) return { kind: 'text', text: fromUtf8(values[0]) };
  if (manifest.kind === FIELDS) {
    const fields = manifest.items.map((item, i) => ({ role: item.role, label: item.name, value: fromUtf8(values[i]) }));
    return { kind: 'fields', fields };
  }
  return { kind: 'files', files: manifest.items.map((item, i) => ({ name: item.name, type: item.type, bytes: values[i] })) };
}

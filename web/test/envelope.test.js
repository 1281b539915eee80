/**
 * Walks docs/spec/vectors: what each file says must come of it, comes of it. The same folder that the
 * Rust implementation walks, without what concerns the server alone, and no list of names.
 */

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { argon2id } from '../js/envelope/argon2.js';
import { base64url, equal, hash, join, utf8 } from '../js/envelope/bytes.js';
import { open } from '../js/envelope/envelope.js';
import { Fault } from '../js/envelope/fault.js';
import { Keys } from '../js/envelope/keys.js';
import { encodeKey, parseLink } from '../js/envelope/link.js';
import { claimToken, parseClaimToken, parseReceiptToken, receiptToken } from '../js/envelope/token.js';

const FOLDER = new URL('../../docs/spec/vectors/', import.meta.url);
const KNOWN = ['comment', 'do', 'expect', 'link', 'passphrase', 'envelope', 'contents_sha256', 'proof_hash', 'token'];
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'));

async function keys(vector) {
  const { key } = await parseLink(vector.link);
  return Keys.derive(key, vector.passphrase ?? null, argon2id);
}

function contents(content) {
  if (content.kind === 'text') return utf8(content.text);
  if (content.kind === 'fields') return join(...content.fields.map(({ value }) => utf8(value)));
  return join(...content.files.map((file) => file.bytes));
}

const VERBS = {
  async link({ link }) {
    const { origin, id, idText, key } = await parseLink(link);
    assert.equal(`${origin}/s/${idText}#${await encodeKey(id, key)}`, link);
  },
  async open(vector) {
    const content = await open(await keys(vector), bytes(vector.envelope));
    assert.equal(Buffer.from(await hash(contents(content))).toString('hex'), vector.contents_sha256);
  },
  async proof(vector) {
    const shown = await hash(await (await keys(vector)).proof());
    if (!equal(shown, bytes(vector.proof_hash))) throw new Fault('wrong-proof');
  },
  async 'receipt-token'({ token }) {
    const { id, secret } = await parseReceiptToken(token);
    assert.equal(await receiptToken(id, secret), token);
  },
  'claim-token': async ({ token }) => assert.equal(claimToken(parseClaimToken(token)), token),
};

// What the server seals (section 6.1) no browser opens.
const files = readdirSync(FOLDER).filter((name) => !name.startsWith('server-'));

test('there are vectors', () => assert.ok(files.length >= 100, `only ${files.length}`));

for (const file of files) {
  test(file, async () => {
    const vector = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
    assert.deepEqual(Object.keys(vector).filter((key) => !KNOWN.includes(key)), []);
    const came = await VERBS[vector.do](vector).then(() => 'ok', (error) => {
      if (error instanceof Fault) return error.code;
      throw error;
    });
    assert.equal(came, vector.expect, vector.comment);
  });
}

test('base64url is that of RFC 4648 without padding', () => {
  assert.equal(base64url(new Uint8Array([251, 255])), '-_8');
});

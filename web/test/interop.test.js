/**
 * Each implementation opens what the other seals: the JavaScript of the pages and the Rust of the terminal,
 * on contents drawn by chance and on every length around which something changes.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { argon2id } from '../js/envelope/argon2.js';
import { random } from '../js/envelope/bytes.js';
import { open, seal } from '../js/envelope/envelope.js';
import { Keys } from '../js/envelope/keys.js';
import { ARGON2ID, NONE, encodeKey, parseLink } from '../js/envelope/link.js';
import { base58 } from '../js/envelope/bytes.js';
import { encodeManifest, paddedLength } from '../js/envelope/manifest.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'));

let rust;
let answers;
before(async () => {
  rust = spawn('cargo', ['run', '--quiet', '--package', 'sigill-testkit', '--bin', 'interop'], { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] });
  answers = createInterface({ input: rust.stdout })[Symbol.asyncIterator]();
});
after(async () => {
  const ended = once(rust, 'exit');
  rust.stdin.end();
  assert.deepEqual(await ended, [0, null]);
});

async function ask(question) {
  rust.stdin.write(`${JSON.stringify(question)}\n`);
  const { value, done } = await answers.next();
  assert.equal(done, false, 'the other side ended');
  return JSON.parse(value);
}

/** As the other side writes contents. */
function written(content) {
  if (content.kind === 'text') return content;
  if (content.kind === 'fields') return { kind: 'fields', items: content.fields };
  return { kind: 'files', items: content.files.map((file) => ({ ...file, bytes: base64(file.bytes) })) };
}

async function aLink(passphrase) {
  const id = random(16);
  const key = { bytes: random(32), profile: passphrase === null ? NONE : ARGON2ID };
  return `https://secrets.example/s/${base58(id)}#${await encodeKey(id, key)}`;
}

async function keys(link, passphrase) {
  return Keys.derive((await parseLink(link)).key, passphrase, argon2id);
}

/** Both directions, and that what arrives is what was sealed. */
async function bothWays(content, passphrase = null) {
  const link = await aLink(passphrase);
  const here = await seal(await keys(link, passphrase), random(16), content);
  const there = await ask({ do: 'open', link, passphrase, envelope: base64(here) });
  assert.deepEqual(there, written(content), 'sealed here, opened there');
  const { envelope } = await ask({ do: 'seal', link, passphrase, salt: base64(random(16)), ...written(content) });
  assert.deepEqual(await open(await keys(link, passphrase), bytes(envelope)), content, 'sealed there, opened here');
  assert.equal(bytes(envelope).length, here.length, 'both pad alike');
}

const text = (value) => ({ kind: /** @type {const} */ ('text'), text: value });
const pick = (...from) => from[random(1)[0] % from.length];
const LETTERS = ['a', ' ', '\n', '\t', '\0', '\r\n', '\u00e5', 'a\u030a', '\u4e2d', '\u{1f980}', '\ufeff', '\u202e', '<b>', '\ud7ff', '"'];

function chance(most) {
  const [high, low] = random(2);
  return Array.from({ length: (high * 256 + low) % most }, () => pick(...LETTERS)).join('');
}

const file = (name, length) => ({ name, type: pick('', 'text/plain', 'application/pdf'), bytes: random(length) });
const field = () => {
  const role = 1 + (random(1)[0] % 5);
  return { role, label: role === 5 ? `${chance(20)}x` : '', value: chance(300) };
};

test('nothing at all', async () => {
  await bothWays(text(''));
  await bothWays({ kind: 'fields', fields: [{ role: 2, label: '', value: '' }] });
  await bothWays({ kind: 'files', files: [file('empty', 0)] });
});

test('texts by chance', async () => {
  for (let i = 0; i < 40; i += 1) await bothWays(text(chance(4000)));
});

test('fields by chance, up to the most', async () => {
  for (let i = 0; i < 20; i += 1) await bothWays({ kind: 'fields', fields: Array.from({ length: 1 + (random(1)[0] % 8) }, field) });
  await bothWays({ kind: 'fields', fields: Array.from({ length: 64 }, field) });
});

test('files by chance, with names beyond ASCII', async () => {
  const names = ['a', '.env', 'r\u00e4kning 2026.pdf', '\u4e2d\u6587.txt', `${'x'.repeat(1020)}.txt`, 'con', '\u{1f980}', ' ', '<img src=x>'];
  for (const name of names) await bothWays({ kind: 'files', files: [file(name, random(1)[0] * 40), file('second', 3)] });
});

test('every length around which the padding or the chunks change', async () => {
  const front = encodeManifest({ kind: 1, items: [{ role: 0, name: '', type: '', size: 0 }] }).length;
  for (const length of [255, 256, 257, 272, 273, 65535, 65536, 65537, 131071, 131072, 131073, 200000]) {
    await bothWays(text('x'.repeat(length - front)));
    assert.ok(paddedLength(length) >= length);
  }
});

test('passphrases with spaces, beyond ASCII, and of the greatest length', async () => {
  const all = [' ', '  two  spaces  ', 'lantern-orbit', '\u00e5\u00e4\u00f6', 'a\u030aa\u0308', '\u4e2d\u6587', '\u{1f980}\u{1f511}', '\t', 'x'.repeat(1024)];
  for (const passphrase of all) await bothWays(text(chance(100)), passphrase);
});

test('a passphrase typed on another keyboard is the same, and another one is not', async () => {
  const link = await aLink('x');
  const sealed = base64(await seal(await keys(link, 'sm\u00f6rg\u00e5s'), random(16), text('same')));
  const opened = (passphrase) => ask({ do: 'open', link, passphrase, envelope: sealed });
  assert.deepEqual(await opened('smo\u0308rga\u030as'), text('same'));
  assert.deepEqual(await opened('sm\u00f6rg\u00e5s '), { fault: 'wrong-key' });
});

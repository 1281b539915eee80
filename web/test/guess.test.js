/**
 * What the form takes for a user name and a password, and what it leaves alone.
 */

import assert from 'node:assert/strict';
import test from 'node:test';
import { guess } from '../js/guess.js';

const shape = (text) => guess(text)?.map(({ role, value }) => `${role}=${value}`) ?? null;

test('a user name and a password are recognised in both languages', () => {
  assert.deepEqual(shape('user: a\npassword: b'), ['user=a', 'password=b']);
  assert.deepEqual(shape('Login = a@b.example\r\nPWD = x:y=z'), ['user=a@b.example', 'password=x:y=z']);
  assert.deepEqual(shape('Anv\u00e4ndarnamn: \u00e5sa\nL\u00f6senord: \u00f6l'), ['user=\u00e5sa', 'password=\u00f6l']);
});

test('an address and what else there is come along, in order', () => {
  assert.deepEqual(shape('https://x.example/a\nuser: a\n\npass: b\ncall me\nat four'), [
    'address=https://x.example/a', 'user=a', 'password=b', 'note=call me\nat four',
  ]);
});

test('anything else is left alone', () => {
  for (const text of ['', 'password: b', 'user: a', 'user: a\nuser: b\npassword: c', 'user:\npassword:', 'A=1\nB=2', '-----BEGIN PRIVATE KEY-----\nuser']) {
    assert.equal(guess(text), null, text);
  }
});

test('a hostile paste costs no time', () => {
  const begun = performance.now();
  guess(`user: ${' '.repeat(20000)}\npassword: ${' '.repeat(20000)}x`);
  assert.ok(performance.now() - begun < 2000);
});

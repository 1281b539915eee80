/**
 * Passwords by chance: even choices, and as many bits as the page promises.
 */

import assert from 'node:assert/strict';
import test from 'node:test';
import { characters, words } from '../js/generator.js';

test('every character is as likely as the others', () => {
  const counts = new Map();
  const drawn = 120000;
  for (const letter of characters(drawn).text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  const expected = drawn / counts.size;
  assert.ok(counts.size >= 50, `${counts.size} characters`);
  // Six standard deviations: a fair draw falls outside once in half a billion.
  for (const [letter, count] of counts) assert.ok(Math.abs(count - expected) < 6 * Math.sqrt(expected), `${letter}: ${count}`);
  assert.doesNotMatch([...counts.keys()].join(''), /[0O1lI]/, 'nothing that is confused when read');
});

test('the bits that are promised are the bits that are drawn', () => {
  const alphabet = new Set(characters(50000).text).size;
  assert.equal(characters(20).bits, Math.floor(20 * Math.log2(alphabet)));
  assert.equal(words(4).bits, Math.floor(4 * Math.log2(16 ** 3 * 5 ** 2)));
  assert.match(words(4).text, /^([bdfghjklmnprstvz][aeiou]){2}[bdfghjklmnprstvz](-([bdfghjklmnprstvz][aeiou]){2}[bdfghjklmnprstvz]){3}$/);
});

test('no two are alike', () => {
  const made = new Set(Array.from({ length: 1000 }, () => words(4).text));
  assert.equal(made.size, 1000);
});

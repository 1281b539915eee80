/**
 * How far an envelope is: the speed of the last seconds, and the time that is left at that speed.
 */

import assert from 'node:assert/strict';
import test from 'node:test';

globalThis.document = { documentElement: { lang: 'en' } };
Object.defineProperty(globalThis, 'navigator', { value: { languages: ['en'] }, configurable: true });
const { Pace } = await import('../js/going.js');

/** What is read after notes of bytes, one a second. */
function after(...bytes) {
  const pace = new Pace(1000);
  bytes.forEach((count, second) => pace.note(count, second * 1000));
  return pace.read();
}

test('there is no telling before something has moved for a while', () => {
  assert.equal(new Pace(1000).read(), null);
  assert.equal(after(0, 100), null);
  assert.equal(after(0, 0, 0), null);
  assert.deepEqual(after(0, 100, 200), { speed: 100, left: 8 });
});

test('what was there at the start took no time', () => {
  assert.deepEqual(after(600, 700, 800), { speed: 100, left: 2 });
});

test('the last ten seconds count', () => {
  const slow = Array.from({ length: 20 }, (_, second) => second);
  const fast = Array.from({ length: 11 }, (_, second) => 20 + second * 50);
  assert.deepEqual(after(...slow, ...fast), { speed: 50, left: 9.6 });
});

test('a line that stands still gets slower, and what is sent again starts anew', () => {
  const still = after(0, 100, 200, 200, 200);
  assert.deepEqual(still, { speed: 50, left: 16 });
  assert.equal(after(0, 100, 200, 300, 150, 200), null);
  assert.deepEqual(after(0, 100, 200, 300, 150, 200, 250), { speed: 50, left: 15 });
});

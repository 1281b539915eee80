/**
 * What a reader pastes when the link did not arrive whole.
 */

import assert from 'node:assert/strict';
import test from 'node:test';
import { pasted, reason } from '../js/pasted.js';

test('a whole link, a key alone, and what mail programs do to both', () => {
  const link = { id: 'ID', key: 'KEY' };
  assert.deepEqual(pasted('https://x.example/s/ID#KEY'), link);
  assert.deepEqual(pasted(' https://x.example/s/I\n D#K\r\nEY '), link);
  assert.deepEqual(pasted('x.example/s/ID?utm=1#KEY'), link);
  assert.deepEqual(pasted('KEY'), { id: '', key: 'KEY' });
  assert.deepEqual(pasted('#KEY'), { id: '', key: 'KEY' });
  assert.deepEqual(pasted('https://x.example/s/ID'), { id: 'ID', key: '' });
  assert.deepEqual(pasted(''), { id: '', key: '' });
});

test('every fault of a link has its words', () => {
  const of = ['missing-key', 'cut', 'mistyped', 'unknown-version', 'unknown-profile'].map(reason);
  assert.deepEqual(of, ['missing', 'cut', 'mistyped', 'version', 'version']);
});

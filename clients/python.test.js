/**
 * Clients for Onetime Secret from PyPI, as they are, told another host name: `onetimesecret` 1 and 0.1, `otscli`.
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { EMAIL, ROOT, python, run, start } from './house.js';

const FRAGILE = ' gr\u00fc\u00dfe & 1+1=2 %41\n"\u{1f511}" ';

let house;
before(async () => { house = await start({ keyed: true }); });
after(async () => { await house.stop(); });

function share(version, who, what) {
  const words = JSON.stringify({ url: house.origin, who, what });
  const program = python(`onetimesecret-${version}`, 'python');
  const done = spawnSync(program, [join(ROOT, 'clients/share.py')], { input: words, encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  return JSON.parse(done.stdout);
}

/** The identifier in a link, which must be one of this server's. */
function keyOf(link) {
  const [start, key] = [link.slice(0, -62), link.slice(-62)];
  assert.equal(start, `${house.origin}/secret/`);
  assert.match(key, /^[0-9a-z]{62}$/);
  return key;
}

async function opened(link, fields) {
  const answer = await house.post(`/api/v1/secret/${keyOf(link)}`, fields);
  return { status: answer.status, ...await answer.json() };
}

async function recent() {
  const authorization = `Basic ${Buffer.from(`${EMAIL}:${house.key}`).toString('base64')}`;
  return (await fetch(`${house.origin}/api/v1/private/recent`, { headers: { authorization } })).json();
}

for (const version of ['1', '0.1']) {
  test(`onetimesecret ${version} shares for an account`, async () => {
    const earlier = (await recent()).length;
    const { link } = share(version, [EMAIL, house.key], [FRAGILE, 120]);
    assert.equal((await opened(link)).value, FRAGILE);
    assert.equal((await opened(link)).message, 'Unknown secret');
    const rows = await recent();
    assert.equal(rows.length, earlier + 1);
    const { ttl, state, custid } = rows.at(-1);
    assert.deepEqual({ ttl, state, custid }, { ttl: 120, state: 'received', custid: EMAIL });
  });

  test(`onetimesecret ${version} waits a quarter of an hour unless told otherwise`, async () => {
    share(version, [EMAIL, house.key], ['hush']);
    assert.equal((await recent()).at(-1).ttl, 900);
  });
}

test('onetimesecret 1 shares for nobody in particular', async () => {
  const { link } = share('1', [], ['hush']);
  assert.equal((await opened(link)).value, 'hush');
});

test('onetimesecret 1 says what was wrong', () => {
  const said = (who, what) => share('1', who, what);
  assert.deepEqual(said([EMAIL, 'wrong'], ['hush']), {
    error: 'OneTimeSecretError', message: 'Not authorized (Status code: 404)',
  });
  assert.deepEqual(said([], ['']), {
    error: 'OneTimeSecretError', message: 'You did not provide anything to share (Status code: 404)',
  });
});

test('onetimesecret 0.1 makes no link of a refusal', () => {
  // It looks for the key of the secret and for nothing else.
  assert.equal(share('0.1', [EMAIL, 'wrong'], ['hush']).error, 'KeyError');
});

test('otscli shares, with and without a passphrase', async () => {
  const otscli = (...words) => run(python('onetimesecret-1', 'otscli'), ['-d', house.origin, ...words]);
  const open = await otscli('-s', FRAGILE);
  assert.equal(open.code, 0, open.err);
  assert.equal((await opened(open.out.trim())).value, FRAGILE);
  const closed = await otscli('-s', 'hush', '-p', 'open sesame');
  assert.equal((await opened(closed.out.trim())).message, 'Unknown secret');
  assert.equal((await opened(closed.out.trim(), { passphrase: 'open sesame' })).value, 'hush');
});

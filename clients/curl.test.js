/**
 * The commands that people have in their scripts, word for word but for the host: curl with -F, with -d, with
 * --data-urlencode, without a body, with more than fits into one packet.
 */

import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { EMAIL, run, start } from './house.js';

let house;
before(async () => { house = await start({ keyed: true }); });
after(async () => { await house.stop(); });

/** What curl prints, as JSON. `path` stands for the address of the API. */
async function curl(path, ...words) {
  const { code, out, err } = await run('curl', ['-s', '-S', '--max-time', '30', ...words, `${house.origin}/api/${path}`]);
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

const me = () => ['-u', `${EMAIL}:${house.key}`];

for (const [name, ...words] of [
  ['a multipart form', '-F', 'secret=hush & more', '-F', 'ttl=300'],
  ['a form', '--data-urlencode', 'secret=hush & more', '-d', 'ttl=300'],
  ['a form and an empty recipient', '--data-urlencode', 'secret=hush & more', '-d', 'ttl=300&recipient=&passphrase='],
  ['JSON', '-H', 'Content-Type: application/json', '-d', '{"secret":"hush & more","ttl":300}'],
  ['JSON that is called a form', '-d', '{"secret":"hush & more","ttl":300}'],
  ['a query', '-X', 'POST', '-G', '--data-urlencode', 'secret=hush & more', '-d', 'ttl=300'],
]) {
  test(`curl shares with ${name}`, async () => {
    for (const who of [[], me()]) {
      const shared = await curl('v1/share', ...who, ...words);
      assert.equal(shared.ttl, 300);
      assert.equal(shared.custid, who.length ? EMAIL : 'anon');
      assert.equal((await curl(`v1/secret/${shared.secret_key}`, '-X', 'POST')).value, 'hush & more');
    }
  });
}

test('curl waits for leave before it sends much', async () => {
  const much = 'x'.repeat(10_000);
  for (const how of ['-F', '-d']) {
    const shared = await curl('v1/share', '-H', 'Expect: 100-continue', how, `secret=${much}`);
    assert.equal((await curl(`v1/secret/${shared.secret_key}`, '-d', '')).value, much);
  }
});

test('curl follows, burns and lists', async () => {
  const shared = await curl('v1/share', ...me(), '-F', 'secret=hush', '-F', 'passphrase=open sesame');
  assert.equal((await curl(`v1/private/${shared.metadata_key}`, ...me(), '-X', 'POST')).state, 'new');
  assert.equal((await curl(`v1/private/${shared.metadata_key}`)).state, 'new');
  const burn = `v1/private/${shared.metadata_key}/burn`;
  assert.equal((await curl(burn, '-X', 'POST')).message, 'Double check that passphrase');
  const burned = await curl(burn, ...me(), '-d', 'passphrase=open sesame');
  assert.equal(burned.secret_shortkey, shared.secret_key.slice(0, 8));
  assert.ok((await curl('v1/private/recent', ...me())).some(({ state }) => state === 'burned'));
  assert.deepEqual(await curl('v1/authcheck', ...me()), { status: 'nominal', locale: 'en' });
  assert.deepEqual(await curl('v1/authcheck', '-u', `${EMAIL}:wrong`), { message: 'Not authorized' });
});

test('curl has a value drawn', async () => {
  for (const words of [['-X', 'POST'], ['-d', ''], ['-F', 'ttl=60']]) {
    const drawn = await curl('v1/generate', ...me(), ...words);
    assert.equal((await curl(`v1/secret/${drawn.secret_key}`, '-X', 'POST')).value, drawn.value);
  }
});

test('curl asks version 2 as well', async () => {
  const json = ['-H', 'Content-Type: application/json'];
  const made = await curl('v2/secret/conceal', ...json, '-d', '{"secret":{"secret":"hush","ttl":"300"}}');
  const key = made.record.secret.identifier;
  assert.equal((await curl(`v2/secret/${key}`)).details.show_secret, false);
  const revealed = await curl(`v2/secret/${key}/reveal`, ...json, '-d', '{"continue":true}');
  assert.equal(revealed.record.secret_value, 'hush');
});

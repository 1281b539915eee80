/**
 * The client for Onetime Secret from npm, `onetimesecret-api` 1.1.3 with `node-fetch` 2.7, as it is, told another
 * host name: every call that it has, and every error that it tells apart.
 */

import { createRequire } from 'node:module';
import util from 'node:util';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { EMAIL, start } from './house.js';

// The client is of 2018; newer Nodes have dropped this.
util.isUndefined ??= (value) => value === undefined;
// Its `main` names TypeScript, which Node does not run; this is the same, compiled by its author.
const { NotAuthorizedError, NotFoundError, OneTimeSecretApi, UnknownSecretError } = createRequire(import.meta.url)('onetimesecret-api/index.js');

let house;
let ann;
before(async () => {
  house = await start({ keyed: true });
  ann = new OneTimeSecretApi(EMAIL, house.key, { url: house.origin });
});
after(async () => { await house.stop(); });

/** Fails unless `receipt` has what the client's types promise. */
function isReceipt(receipt, state) {
  for (const name of ['ttl', 'metadata_ttl', 'created', 'updated']) assert.ok(Number.isInteger(receipt[name]), name);
  for (const name of ['custid', 'metadata_key']) assert.equal(typeof receipt[name], 'string', name);
  assert.ok(Array.isArray(receipt.recipient));
  assert.equal(receipt.state, state);
}

test('it is told that the server is there', async () => {
  assert.equal(await ann.status(), true);
});

test('it shares, follows, opens once, and is told that it is over', async () => {
  const shared = await ann.share('gr\u00fc\u00dfe & 1+1=2', { ttl: 300 });
  isReceipt(shared, 'new');
  assert.equal(shared.share_link, `${house.origin}/secret/${shared.secret_key}`);
  assert.deepEqual([shared.ttl, shared.secret_ttl, shared.passphrase_required], [300, 300, false]);
  const followed = await ann.retrieveMetadata(shared.metadata_key);
  isReceipt(followed, 'new');
  assert.equal(followed.share_link, shared.share_link);

  const { value, secret_key: key } = await ann.retrieveSecret(shared.secret_key);
  assert.deepEqual([value, key], ['gr\u00fc\u00dfe & 1+1=2', shared.secret_key]);
  await assert.rejects(ann.retrieveSecret(shared.secret_key), UnknownSecretError);
  const over = await ann.retrieveMetadata(shared.metadata_key);
  isReceipt(over, 'received');
  assert.ok(Number.isInteger(over.received));
  assert.equal(over.share_link, undefined);
});

test('it shares with a passphrase', async () => {
  const shared = await ann.share('hush', { passphrase: 'open sesame' });
  assert.equal(shared.passphrase_required, true);
  await assert.rejects(ann.retrieveSecret(shared.secret_key), UnknownSecretError);
  await assert.rejects(ann.retrieveSecret(shared.secret_key, { passphrase: 'wrong' }), UnknownSecretError);
  assert.equal((await ann.retrieveSecret(shared.secret_key, { passphrase: 'open sesame' })).value, 'hush');
});

test('it has values drawn, with an empty body and with options', async () => {
  const drawn = await ann.generate();
  isReceipt(drawn, 'new');
  assert.equal((await ann.retrieveSecret(drawn.secret_key)).value, drawn.value);
  const protectedOne = await ann.generate({ ttl: 120, passphrase: 'open sesame' });
  assert.deepEqual([protectedOne.ttl, protectedOne.passphrase_required], [120, true]);
  const opened = await ann.retrieveSecret(protectedOne.secret_key, { passphrase: 'open sesame' });
  assert.equal(opened.value, protectedOne.value);
});

test('it burns', async () => {
  const shared = await ann.share('hush');
  const burned = await ann.burn(shared.metadata_key);
  assert.equal(burned.state.metadata_key, shared.metadata_key);
  assert.equal(burned.secret_shortkey, shared.secret_key.slice(0, 8));
  await assert.rejects(ann.retrieveSecret(shared.secret_key), UnknownSecretError);
  await assert.rejects(ann.burn(shared.metadata_key), UnknownSecretError);
  isReceipt(await ann.retrieveMetadata(shared.metadata_key), 'burned');
});

test('it lists what is recent, and follows and burns what the list names', async () => {
  const shared = await ann.share('hush', { ttl: 777 });
  const rows = await ann.recentMetadata();
  const row = rows.find(({ ttl }) => ttl === 777);
  isReceipt(row, 'new');
  assert.ok(!JSON.stringify(rows).includes(shared.secret_key), 'a list opens nothing');
  isReceipt(await ann.retrieveMetadata(row.metadata_key), 'new');
  await ann.burn(row.metadata_key);
  await assert.rejects(ann.retrieveSecret(shared.secret_key), UnknownSecretError);
});

test('it tells refusals apart', async () => {
  const stranger = new OneTimeSecretApi(EMAIL, 'wrong', { url: house.origin });
  await assert.rejects(stranger.share('hush'), NotAuthorizedError);
  await assert.rejects(stranger.recentMetadata(), NotAuthorizedError);
  await assert.rejects(ann.retrieveMetadata('short'), NotFoundError);
  await assert.rejects(ann.retrieveSecret('0'.repeat(62)), UnknownSecretError);
  await assert.rejects(ann.share(''), /You did not provide anything to share/);
});

test('it uses its old names', async () => {
  const warn = console.warn;
  console.warn = () => {};
  try {
    const link = await ann.shareLink('hush');
    assert.equal((await ann.retrieve_secret(link.slice(-62))).value, 'hush');
    assert.ok(Array.isArray(await ann.recent_metadata()));
  } finally {
    console.warn = warn;
  }
});

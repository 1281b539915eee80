/**
 * The API against its own documents: schemathesis makes requests up from the documents in docs/spec, well-formed ones and
 * others, and holds every answer against what they promise. The same every time: no seed is drawn.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import assert from 'node:assert/strict';
import { base64url, hash, random } from '../web/js/envelope/bytes.js';
import { seal } from '../web/js/envelope/envelope.js';
import { Keys } from '../web/js/envelope/keys.js';
import { NONE, parseId } from '../web/js/envelope/link.js';
import { claimToken, receiptToken, uploadToken } from '../web/js/envelope/token.js';
import { EMAIL, ROOT, python, run, start } from './house.js';

const NATIVE = 'openapi.json';
const CLASSIC = 'openapi-onetime-secret.json';

let house;
let scratch;
before(async () => {
  house = await start({ keyed: true });
  scratch = mkdtempSync(join(tmpdir(), 'sigill-schemathesis-'));
});
after(async () => {
  await house.stop();
  rmSync(scratch, { recursive: true, force: true });
});

async function sealed() {
  const keys = await Keys.derive({ bytes: random(32), profile: NONE }, null);
  const receiptSecret = random(32);
  const [linkProof, proof] = [await keys.linkProof(), await keys.proof()];
  const terms = {
    link_proof_hash: base64url(await hash(linkProof)),
    proof_hash: base64url(await hash(proof)),
    receipt_hash: base64url(await hash(receiptSecret)),
    views: 50,
  };
  return { terms, receiptSecret, linkProof, proof, envelope: await seal(keys, random(16), { kind: 'text', text: 'hush' }) };
}

/** A secret, and what opens it; every other one has a reader, who has not said yet that it arrived. */
async function secret(_, place) {
  const { terms, receiptSecret, linkProof, proof, envelope } = await sealed();
  const body = new FormData();
  body.append('terms', new Blob([JSON.stringify(terms)], { type: 'application/json' }));
  body.append('envelope', new Blob([envelope]));
  const { id } = await (await fetch(`${house.origin}/v1/secrets`, { method: 'POST', body })).json();
  const shown = { link_proof: base64url(linkProof), proof: base64url(proof), claim_token: await claimToken(random(32)) };
  if (place % 2 === 1) {
    const headers = { 'Content-Type': 'application/json' };
    await fetch(`${house.origin}/v1/secrets/${id}/claim`, { method: 'POST', body: JSON.stringify(shown), headers });
  }
  return {
    id,
    ...shown,
    receipt: await receiptToken(parseId(id), receiptSecret),
  };
}

async function upload() {
  const { terms, envelope } = await sealed();
  const token = random(32);
  const body = JSON.stringify({ terms, size: envelope.length, token_hash: base64url(await hash(token)) });
  const headers = { 'Content-Type': 'application/json' };
  const { id } = await (await fetch(`${house.origin}/v1/uploads`, { method: 'POST', headers, body })).json();
  return { id, token: await uploadToken(token) };
}

/** What only the other half of a ceremony brings to an end: nothing that was made up can. */
const CEREMONIES = ['/v1/devices/key', '/v1/passkeys/sign-in/begin', '/v1/passkeys/sign-in/end'];

/** Whether whoever asks must be known. Who that is is judged before what they ask, and the matrix of routes holds
 * every credential against every route (crates/http/tests/door/matrix.rs). */
function isForTheKnown({ security = [{}] }) {
  return security.every((way) => 'key' in way || 'session' in way);
}

/** Holds the server against a document, with what cannot be made up, and says which routes worked. */
async function hold(document, rules, given, ...more) {
  const place = join(scratch, 'given.json');
  writeFileSync(place, JSON.stringify(given));
  const path = join(ROOT, 'docs/spec', document);
  const { paths } = JSON.parse(readFileSync(path, 'utf8'));
  const left = Object.keys(paths).filter((route) => CEREMONIES.includes(route) || Object.values(paths[route]).every(isForTheKnown));
  const without = left.flatMap((route) => ['--exclude-path', route]);
  const words = ['--config-file', join(ROOT, 'clients', rules), 'run', path, '--url', house.origin, ...without, ...more];
  const env = { ...process.env, SIGILL_GIVEN: place, PYTHONPATH: join(ROOT, 'clients'), PYTHONDONTWRITEBYTECODE: '1' };
  const { code, out, err } = await run(python('schemathesis', 'st'), words, { cwd: scratch, env });
  assert.equal(code, 0, `${out}\n${err}`);
  // It got past the door on every route, not only to refusals. Lines of requests come a moment later.
  const routes = Object.entries(paths).filter(([route]) => !left.includes(route));
  const expected = routes.flatMap(([route, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${route}`));
  const missing = () => {
    const answered = new Set([...house.log().matchAll(/method="(\w+)" route="(\S+)" status=2\d\d/g)].map(([, method, route]) => `${method} ${route}`));
    return expected.filter((route) => !answered.has(route));
  };
  for (let tries = 0; tries < 100 && missing().length > 0; tries += 1) await setTimeout(20);
  assert.deepEqual(missing(), [], 'never worked');
  assert.doesNotMatch(house.log(), /panicked| ERROR /);
}

const many = (count, make) => Promise.all(Array.from({ length: count }, make));

test('the native API is what its document says', { timeout: 300_000 }, async () => {
  await hold(NATIVE, 'schemathesis.toml', {
    envelope: Buffer.from((await sealed()).envelope).toString('hex'),
    secrets: await many(8, secret),
    uploads: await many(4, upload),
    doomed: await many(4, upload),
  });
});

test('the API for clients of Onetime Secret is what its document says', { timeout: 300_000 }, async () => {
  const authorization = `Basic ${Buffer.from(`${EMAIL}:${house.key}`).toString('base64')}`;
  const share = async () => {
    const body = new URLSearchParams({ secret: 'hush' });
    const answer = await fetch(`${house.origin}/api/v1/share`, { method: 'POST', body, headers: { authorization } });
    return answer.json();
  };
  const some = async () => (await Promise.all(Array.from({ length: 5 }, () => many(20, share)))).flat();
  const [opened, burned, shown] = [await some(), await some(), await many(1, share)];
  const links = (all) => all.map(({ secret_key: link }) => link);
  const receipts = (all) => all.map(({ metadata_key: receipt }) => receipt);
  await hold(CLASSIC, 'schemathesis-classic.toml', {
    taken: { links: links(opened), receipts: receipts(burned) },
    shown: { links: links(shown), receipts: receipts(shown) },
  }, '--auth', `${EMAIL}:${house.key}`);
});

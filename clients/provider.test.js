/**
 * Signing in at a provider that others wrote: `oidc-provider` 9.13 from npm, as it is, with people and a client.
 * It puts addresses where the standard has them, beside the token, and signs with RS256.
 */

import { createServer } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import Provider from 'oidc-provider';
import { start } from './house.js';

const SECRET = 'between-the-two-of-us';
const PEOPLE = {
  ann: { email: 'ann.berg@example.org', email_verified: true },
  bo: { email: 'bo@example.org', email_verified: false },
  cleo: { email: 'cleo@example.com', email_verified: true },
};
const BACK = '/sign-in/provider/callback';

let house;
let server;
let dir;
let reference;

before(async () => {
  house = await start({ env: { SIGILL_PROVIDERS_HERE: 'on' } });
  server = createServer();
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'sigill', client_secret: SECRET, redirect_uris: [`${house.origin}${BACK}`] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    findAccount: (_, id) => PEOPLE[id] && { accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) },
    cookies: { keys: ['of the tests'] },
    pkce: { required: () => true },
  });
  server.on('request', provider.callback());
  dir = mkdtempSync(join(tmpdir(), 'sigill-provider-'));
  const file = join(dir, 'secret');
  writeFileSync(file, `${SECRET}\n`);
  const added = await house.admin('providers', 'add', 'Home', '--issuer', issuer, '--client-id', 'sigill', '--client-secret-file', file, '--domains', 'example.org', '--sign-up');
  assert.equal(added.code, 0, added.err);
  const listed = await house.admin('providers', 'list', '--json');
  assert.ok(!listed.out.includes(SECRET));
  [{ ref: reference }] = JSON.parse(listed.out).providers;
  const checked = await house.admin('providers', 'check', reference);
  assert.equal(checked.code, 0, checked.err);
});
after(async () => {
  await house?.stop();
  server?.closeAllConnections();
  server?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A browser: one cookie jar for each host, and redirects that are followed one by one. */
function browser() {
  const jars = new Map();
  async function ask(url, options = {}) {
    const { host } = new URL(url);
    const jar = jars.get(host) ?? new Map();
    jars.set(host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', ...options, headers: { ...options.headers, cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [pair, ...rest] = line.split(';');
      const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
      const gone = value === '' || rest.some((part) => /^ *max-age=0$/i.test(part));
      if (gone) jar.delete(name); else jar.set(name, value);
    }
    return answer;
  }
  return { ask, jar: (url) => jars.get(new URL(url).host) };
}

const form = (fields) => ({ method: 'POST', body: new URLSearchParams(fields) });

/** Leaves, signs in there as `login`, and returns what is brought back. */
async function leave(person, login) {
  const left = await person.ask(`${house.origin}/sign-in/provider`, form({ provider: reference, next: '/account' }));
  assert.equal(left.status, 200, await left.clone().text());
  let url = left.headers.get('refresh').replace(/^0; url=/, '');
  for (let hops = 0; hops < 12; hops += 1) {
    let answer = await person.ask(url);
    if (answer.status === 200) {
      const page = await answer.text();
      const prompt = /name="prompt" value="(\w+)"/.exec(page)[1];
      const fields = prompt === 'login' ? { prompt, login, password: 'any' } : { prompt };
      answer = await person.ask(url, form(fields));
    }
    url = new URL(answer.headers.get('location'), url).href;
    if (url.startsWith(`${house.origin}${BACK}`)) return url;
  }
  throw new Error(`the provider did not send anybody back: ${url}`);
}

/** Comes back to `url` as a browser does: the page, and then its form. */
async function comeBack(person, url) {
  const page = await person.ask(url);
  const html = await page.text();
  if (page.status !== 200) return { status: page.status, html };
  const fields = [...html.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]);
  const answer = await person.ask(`${house.origin}${BACK}`, form(fields));
  return { status: answer.status, html: await answer.text(), fields };
}

async function whose(person) {
  const account = await person.ask(`${house.origin}/account`);
  return account.status === 200 ? /[\w.]+@example\.\w+/.exec(await account.text())?.[0] : null;
}

test('somebody signs in, and is the same the next time', async () => {
  for (let time = 0; time < 2; time += 1) {
    const ann = browser();
    const back = await comeBack(ann, await leave(ann, 'ann'));
    assert.equal(back.status, 303, back.html);
    assert.equal(await whose(ann), 'ann.berg@example.org');
    assert.equal(ann.jar(house.origin).has('__Host-sigill-journey'), false);
  }
});

test('what was brought back once is worth nothing again, nor in another browser', async () => {
  const [ann, eve] = [browser(), browser()];
  const url = await leave(ann, 'ann');
  assert.equal((await comeBack(eve, url)).status, 400);
  assert.equal(await whose(eve), null);
  const back = await comeBack(ann, url);
  assert.equal(back.status, 303, back.html);
  const again = await ann.ask(`${house.origin}${BACK}`, form(back.fields));
  assert.equal(again.status, 400);
});

test('an address that nobody vouches for, or of another domain, opens nothing', async () => {
  for (const login of ['bo', 'cleo']) {
    const person = browser();
    const back = await comeBack(person, await leave(person, login));
    assert.equal(back.status, 403, login);
    assert.equal(await whose(person), null);
  }
});

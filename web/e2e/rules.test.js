/**
 * What pages are made of: as light as promised, checked by the browser before it runs, the same for everybody, and
 * exactly what lies in `web/`.
 */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { arrive, desk, share, start, watched } from './house.js';
import { plant } from './plant.js';

const WEB = new URL('../', import.meta.url);
const MOST = 60 * 1024;
const PATHS = ['/', '/s/24BCmdQBfWjPAGTPxvk1wN', '/receipt', '/good-practice', '/nothing/here'];
let house;
before(async () => { house = await start(); });
after(async () => { await house.stop(); });

/** Every byte that comes over the wire for a page, heads of answers included. */
async function weighed(options, use) {
  const watch = await watched(house, options);
  const wire = await watch.context.newCDPSession(watch.page);
  await wire.send('Network.enable');
  let bytes = 0;
  wire.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
  await use(watch.page);
  await watch.page.waitForLoadState('networkidle');
  await watch.context.close();
  return bytes;
}

test('create and open weigh less than 60 KB with everything, in either language', async () => {
  const { link } = await plant(house, { kind: 'text', text: 'light' }, { passphrase: 'right', views: 2 });
  for (const locale of ['en-GB', 'sv-SE']) {
    const create = await weighed({ locale }, async (page) => {
      await page.goto(house.origin);
      await page.locator('#submit:enabled').waitFor();
    });
    assert.ok(create < MOST, `create: ${create} bytes`);
    const open = await weighed({ locale }, async (page) => {
      await page.goto(link);
      await page.locator('#ready').waitFor();
      await page.fill('#passphrase', 'right');
      await page.click('#show');
      await page.locator('#revealed').waitFor();
    });
    assert.ok(open < MOST, `open, with a passphrase: ${open} bytes`);
  }
});

test('what the browser runs is what lies in web/, and it checks that', async () => {
  for (const path of PATHS.slice(0, 3)) {
    const { page, context } = await watched(house);
    const answers = [];
    page.on('response', (answer) => { if (answer.url().includes('/assets/')) answers.push(answer); });
    await page.goto(house.origin + path);
    await page.waitForLoadState('networkidle');
    assert.ok(answers.length > 10, path);
    const digests = new Map();
    for (const answer of answers) {
      const name = new URL(answer.url()).pathname.split('/').slice(3).join('/');
      const file = readFileSync(new URL(name, WEB));
      assert.deepEqual(await answer.body(), file, name);
      assert.equal(answer.headers()['cache-control'], 'max-age=31536000, immutable', name);
      digests.set(answer.url(), `sha384-${createHash('sha384').update(file).digest('base64')}`);
    }
    const tags = await page.locator('script, link[rel=stylesheet], link[rel=modulepreload]').evaluateAll((all) => (
      all.map((tag) => [tag.src ?? tag.href, tag.integrity])
    ));
    assert.ok(tags.length >= 10, path);
    for (const [url, integrity] of tags) assert.equal(integrity, digests.get(url), url);
    const named = new Set(tags.map(([url]) => url));
    assert.deepEqual([...digests.keys()].filter((url) => /js$/.test(url) && !named.has(url)), [], 'a module without a digest');
    await context.close();
  }
});

test('a file that was altered on its way does not run', async () => {
  const { page, context } = await watched(house);
  await context.route('**/js/envelope/link.js', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: `${await answer.text()}\nglobalThis.altered = true;` });
  });
  await page.goto(house.origin);
  await page.waitForLoadState('networkidle');
  assert.equal(await page.evaluate(() => globalThis.altered), undefined);
  assert.equal(await page.locator('#submit').isDisabled(), true);
});

test('every asset has one address, and yesterday\'s has none', async () => {
  const html = await (await fetch(house.origin)).text();
  const trees = new Set([...html.matchAll(/\/assets\/([0-9a-f]+)\//g)].map(([, tree]) => tree));
  assert.equal(trees.size, 1);
  const gone = await fetch(`${house.origin}/assets/00000000000000000000/js/open.js`);
  assert.equal(gone.status, 404);
});

test('a page is the same to the byte for every visitor and every id (R23)', async () => {
  const { id } = await plant(house, { kind: 'text', text: 'there' });
  const get = async (path, headers = {}) => {
    const answer = await fetch(house.origin + path, { headers });
    const kept = [...answer.headers].filter(([name]) => name !== 'date');
    return JSON.stringify([answer.status, kept, await answer.text()]);
  };
  const page = await get(`/s/${id}`);
  for (const other of ['24BCmdQBfWjPAGTPxvk1wN', '1', 'x'.repeat(200)]) assert.equal(await get(`/s/${other}`), page);
  assert.equal(await get(`/s/${id}`, { 'user-agent': 'Slackbot', cookie: 'seen=1', 'accept-language': 'de' }), page);
  assert.equal(await get('/', { cookie: 'seen=1' }), await get('/'));
});

test('no page holds a script or a style of its own, and the policy forbids what pages never do (R88)', async () => {
  for (const path of PATHS) {
    const answer = await fetch(house.origin + path, { headers: { accept: 'text/html' } });
    const html = await answer.text();
    assert.doesNotMatch(html, /<style|<script(?![^>]* src=)[^>]*>| style=| on[a-z]+="/, path);
    const policy = answer.headers.get('content-security-policy');
    assert.match(policy, /^default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')|\*|https?:/, path);
    for (const rule of ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]) assert.ok(policy.includes(rule), path);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
  }
});

test('trusted types are in force: a text never becomes a page or a script', async () => {
  for (const path of PATHS.slice(0, 3)) {
    const { page, context } = await watched(house);
    await page.goto(house.origin + path);
    const refused = await page.evaluate(() => [
      () => { document.body.innerHTML = '<b>x</b>'; },
      () => { document.body.insertAdjacentHTML('beforeend', '<b>x</b>'); },
      () => { document.createElement('script').src = '/x.js'; },
      () => { new Worker('/x.js'); },
      () => { globalThis.trustedTypes.createPolicy('another', {}); },
    ].map((sink) => { try { sink(); return 'allowed'; } catch (error) { return error.name; } }));
    assert.deepEqual(refused, Array(5).fill('TypeError'), path);
    await context.close();
  }
});

test('motion stops for those who ask for it', async () => {
  const { link } = await plant(house, { kind: 'text', text: 'still' }, { views: 2 });
  for (const [reducedMotion, moves] of [['reduce', 0], ['no-preference', 2]]) {
    const { page, context } = await arrive(house, link, { reducedMotion });
    await page.click('#show');
    await page.locator('#revealed').waitFor();
    const running = () => page.locator('#revealed .flap').evaluate((flap) => flap.getAnimations({ subtree: true }).length);
    assert.equal(await running(), moves, reducedMotion);
    await context.close();
  }
});

test('without scripts a page says plainly what to do', async () => {
  for (const [path, command] of [['/', 'sigill share'], ['/s/24BCmdQBfWjPAGTPxvk1wN', 'sigill open'], ['/receipt', 'sigill receipt']]) {
    const { page, context } = await watched(house, { javaScriptEnabled: false });
    await page.goto(house.origin + path);
    const said = await page.locator('main').innerText();
    assert.match(said, /needs JavaScript/);
    assert.ok(said.includes(command), said);
    assert.equal(await page.locator('form:visible, .btn:visible').count(), 0, 'nothing that cannot work is offered');
    await context.close();
  }
});

test('the language is the reader\'s until they choose another, and then stays', async () => {
  const { page, context } = await watched(house, { locale: 'sv-SE' });
  for (const path of PATHS) {
    await page.goto(house.origin + path);
    assert.equal(await page.getAttribute('html', 'lang'), 'sv', path);
  }
  await page.goto(house.origin);
  await page.locator('#submit:enabled').waitFor();
  await page.click('#language');
  await page.locator('html[lang=en]').waitFor();
  await page.goto(`${house.origin}/good-practice`);
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  const cookies = await context.cookies();
  assert.deepEqual(cookies.map(({ name, value }) => `${name}=${value}`), ['lang=en'], 'no other cookie');
});

test('where the clipboard is closed the page says so', async () => {
  const { page, faults } = await share(house, 'by hand', undefined, { clipboard: false });
  assert.equal(await page.textContent('#done-heading'), 'Sealed');
  assert.match(await page.textContent('#done-lede'), /^Copy the link below/);
  await page.click('[data-copy=key]');
  await page.locator('[data-copy=key]', { hasText: 'by hand' }).waitFor();
  assert.deepEqual(faults, []);
});

test('link, key and QR code are copied and saved apart', async () => {
  const { page, link } = await share(house, 'apart');
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await page.click('[data-copy=address]');
  assert.equal(await clipboard(), link.split('#')[0]);
  await page.click('[data-copy=key]');
  assert.equal(await clipboard(), link.split('#')[1]);
  const [saved] = await Promise.all([page.waitForEvent('download'), page.click('#qr-save')]);
  assert.equal(saved.suggestedFilename(), 'sigill-link.png');
});

test('on plain HTTP nothing is sealed, and the page says what the operator must do', async () => {
  const plain = await house.elsewhere();
  const { page, requests } = await watched(plain);
  await page.goto(plain.origin);
  await page.locator('#insecure').waitFor();
  assert.equal(await page.locator('#form').isVisible(), false);
  assert.deepEqual(requests.filter(({ url }) => url.includes('/v1/')), []);
});

test('a desk that is never used asks the server for nothing', async () => {
  const { page, requests, faults } = await desk(house);
  await page.fill('#secret', 'user: a\npassword: b');
  await page.click('#offer-accept');
  await page.click('#look');
  assert.deepEqual(requests.filter(({ method, url }) => method !== 'GET' || url.includes('/v1/')), []);
  assert.deepEqual(faults, []);
});

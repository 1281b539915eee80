/**
 * Large envelopes: the line breaks in the middle, the page says how far it is, goes on, and what arrives is whole.
 */

import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import test, { after, before } from 'node:test';
import { arrive, desk, start } from './house.js';

let house;
before(async () => { house = await start(); });
after(async () => { await house.stop(); });

const SAID = /^\d+ %(, \d+(\.\d)? [kM]?B\/s, about \d+ (second|minute)s? left|, waiting for the connection)?$/;
const MIB = 1024 * 1024;
/** A text that is worth three parts, and is nowhere the same. */
const LONG = Array.from({ length: 2_000_000 }, (_, i) => String(i).padStart(9, '0')).join('\n');

/** A line to the server that breaks after so many bytes, as often as it is told to; `keepsDown` and it stays away. */
async function line(origin) {
  const target = Number(new URL(origin).port);
  const state = { after: [], down: false, keepsDown: false, breaks: 0 };
  const server = createServer((near) => {
    if (state.down) return near.destroy();
    const far = connect(target, '127.0.0.1');
    const end = () => { near.destroy(); far.destroy(); };
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
    far.pipe(near);
    near.on('data', (bytes) => {
      state.after[0] -= bytes.length;
      if (!(state.after[0] < 0) && !state.down) {
        if (!far.write(bytes)) { near.pause(); far.once('drain', () => near.resume()); }
        return;
      }
      if (!state.down) state.breaks += 1;
      state.after.shift();
      state.down = state.keepsDown;
      end();
    });
    return null;
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const proxy = { server: `http://127.0.0.1:${server.address().port}`, bypass: '<-loopback>' };
  return Object.assign(state, { proxy, close: () => server.close() });
}

/** Fills in the text, which is too long to be typed, and for a browser to lay out while somebody waits. */
const write = (page, text = LONG) => page.evaluate((value) => {
  const field = document.querySelector('#secret');
  field.hidden = value.length > 1000;
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}, text);

/** Makes the page wait as long as it takes to turn round. */
const hasten = () => {
  const wait = globalThis.setTimeout;
  globalThis.setTimeout = (act, pause) => wait(act, pause > 20000 ? pause : pause / 100);
};

/** A note of what the quiet line has said. */
const noted = (page) => page.evaluate(() => {
  globalThis.said = [];
  const note = () => globalThis.said.push(document.querySelector('#going-text').textContent);
  new MutationObserver(note).observe(document.querySelector('#going-text'), { childList: true });
});

async function opens(link) {
  const { page, faults } = await arrive(house, link);
  await noted(page);
  await page.click('#show');
  await page.locator('#revealed').waitFor();
  assert.ok(await page.evaluate((text) => document.querySelector('.value-text').textContent === text, LONG));
  const said = (await page.evaluate(() => globalThis.said)).filter(Boolean);
  assert.ok(said.length > 0 && said.every((text) => SAID.test(text)), said.join('; '));
  assert.deepEqual(faults, []);
}

test('a line that breaks in the middle costs no more than a part', async () => {
  const between = await line(house.origin);
  const { page, context, requests, faults } = await desk(house, { proxy: between.proxy });
  await write(page);
  // A browser tries some times more by itself before the page hears of it.
  between.after = [12 * MIB, ...Array.from({ length: 7 }, () => MIB)];
  await noted(page);
  await page.click('#submit');
  await page.locator('#done').waitFor();
  assert.equal(between.breaks, 8);
  const said = (await page.evaluate(() => globalThis.said)).filter(Boolean);
  assert.ok(said.every((text) => SAID.test(text)), said.join('; '));
  assert.ok(said.some((text) => /waiting/.test(text)), said.join('; '));
  assert.equal(await page.locator('#going').isVisible(), false);
  const parts = requests.filter(({ method }) => method === 'PUT').map(({ url }) => url.split('/').pop());
  assert.match(parts.join(), /^0(,1){2,},2$/);
  await opens(await page.textContent('#link'));
  assert.deepEqual(faults, []);
  await context.close();
  between.close();
});

test('a line that stays away stops the page, which goes on when it is asked to', async () => {
  const between = Object.assign(await line(house.origin), { keepsDown: true });
  const { page, context, requests, faults } = await desk(house, { proxy: between.proxy });
  await page.evaluate(hasten);
  await write(page);
  between.after = [12 * MIB];
  await page.click('#submit');
  await page.locator('#going').waitFor();
  await page.locator('#fault', { hasText: 'The connection was lost. Nothing is lost: the upload can go on.' }).waitFor();
  assert.equal(await page.textContent('#submit'), 'Go on');
  assert.equal(await page.locator('#going').isVisible(), false);
  between.down = false;
  const before = requests.length;
  await page.click('#submit');
  await page.locator('#done').waitFor();
  const after = requests.slice(before).map(({ method, url }) => `${method} ${url.split('/').pop()}`);
  assert.match(after.join(), /^GET [1-9A-HJ-NP-Za-km-z]{22},PUT 1,PUT 2,POST complete/);
  const { stdout } = house.cli(['open', '-'], { input: await page.textContent('#link'), maxBuffer: 64 * MIB });
  assert.ok(stdout.trimEnd() === LONG);
  assert.deepEqual(faults, []);
  await context.close();
  between.close();
});

test('what was changed does not go on: it is another secret, and the first one is given up', async () => {
  const between = Object.assign(await line(house.origin), { keepsDown: true });
  const { page, context, requests, faults } = await desk(house, { proxy: between.proxy });
  await page.evaluate(hasten);
  await write(page);
  between.after = [12 * MIB];
  await page.click('#submit');
  await page.locator('#fault', { hasText: 'can go on' }).waitFor();
  between.down = false;
  const given = page.waitForRequest((request) => request.method() === 'DELETE');
  await write(page, 'short');
  assert.equal(await page.textContent('#submit'), 'Create link');
  await page.click('#submit');
  await page.locator('#done').waitFor();
  assert.equal((await (await given).response()).status(), 204);
  assert.equal(requests.filter(({ url }) => url.endsWith('/v1/secrets')).length, 1);
  assert.deepEqual(faults, []);
  await context.close();
  between.close();
});

test('what is fetched only for this is checked before it runs, as all else is', async () => {
  const { page, context } = await desk(house);
  await context.route('**/js/uploads.js', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: `${await answer.text()}\nglobalThis.altered = true;` });
  });
  await write(page);
  await page.click('#submit');
  await page.locator('#fault', { hasText: 'cannot be reached. Nothing was lost' }).waitFor();
  assert.equal(await page.evaluate(() => globalThis.altered), undefined);
  await context.close();
});

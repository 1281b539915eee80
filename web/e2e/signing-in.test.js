/**
 * Setting up, signing in with a password, a code and a recovery code, sessions, and signing out: in a browser, with
 * JavaScript and without it. Nobody is kept out (axe, by day and by night), and nothing is cut off at 360 pixels.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { start, watched } from './house.js';
import { codeOf } from './rooms.js';

const AXE = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const MAJA = 'maja@example.org';
const PASSWORD = 'violet kettle on the hill';

let house;
before(async () => { house = await start(); });
after(async () => { await house.stop(); });

/** The link of a fresh instance, as people read it. */
async function fresh(settings = []) {
  const instance = await house.instance(settings);
  const link = /http:\S+\/set-up#\S+/.exec(instance.log())?.[0];
  assert.ok(link, instance.log());
  return { instance, link };
}

const heading = (page) => page.textContent('h1');

/** What is wrong with a page as it stands, by day and by night, wide and narrow. */
async function checked(page, name) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 900 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${name} is ${wide} wide at ${width}`);
      await page.evaluate(AXE);
      const { violations } = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: tags }), TAGS);
      const found = violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target} ${failureSummary}`));
      assert.deepEqual(found, [], `${name}, ${colorScheme}, ${width}`);
    }
  }
}

/** Sets the first account up, up to the account page. */
async function setUp(page, link) {
  await page.goto(link);
  await page.click('button.verb');
  await page.fill('#email', MAJA);
  await page.fill('#password', PASSWORD);
  await page.fill('#again', PASSWORD);
  await page.click('button.verb');
  await page.waitForURL('**/account');
}

async function signIn(page, origin, next = '/account') {
  await page.goto(`${origin}/sign-in?next=${next}`);
  await page.fill('#email', MAJA);
  await page.fill('#password', PASSWORD);
  await page.click('form[action="/sign-in"] button');
}

test('from the first link to codes, recovery codes and the way out', async () => {
  const { instance, link } = await fresh();
  const { page, faults, context } = await watched(instance);
  await page.goto(link);
  assert.equal(new URL(page.url()).hash, '', 'the token leaves the address bar');
  await checked(page, 'the first step');
  await page.click('button.verb');
  await checked(page, 'the second step');
  await page.fill('#email', MAJA);
  await page.fill('#password', 'passwordpassword');
  await page.fill('#again', 'passwordpassword');
  await page.click('button.verb');
  assert.match(await page.textContent('#password-wrong'), /Many people choose this password/);
  await checked(page, 'a refused password');
  await page.fill('#password', PASSWORD);
  await page.fill('#again', PASSWORD);
  await page.click('button.verb');
  await page.waitForURL('**/account');
  assert.equal(await heading(page), 'Your account');
  await checked(page, 'the account');

  await page.click('a[href="/account/codes"]');
  const secret = await page.textContent('#secret');
  const drawn = await page.locator('#qr').evaluate((canvas) => canvas.width);
  assert.ok(drawn > 20, 'the QR code is drawn');
  await checked(page, 'adding codes');
  await page.fill('#code', codeOf(secret));
  await page.click('button.verb');
  assert.equal(await heading(page), 'Codes are asked for from now on');
  const recovery = await page.locator('#codes li').allTextContents();
  assert.equal(recovery.length, 10);
  await checked(page, 'the recovery codes');
  await page.click('a.verb');
  assert.equal(await heading(page), 'Your account has a second factor');

  await page.click('form[action="/sign-out"] button');
  await page.waitForURL('**/sign-in');
  await checked(page, 'signing in');
  await page.goto(`${instance.origin}/account`);
  assert.match(page.url(), /\/sign-in\?next=\/account$/, 'the way back shows nothing');
  await page.fill('#email', MAJA);
  await page.fill('#password', 'not this one either');
  await page.click('form[action="/sign-in"] button');
  assert.match(await page.textContent('#fault'), /did not match/);
  await checked(page, 'a refused sign-in');
  await page.fill('#password', PASSWORD);
  await page.click('form[action="/sign-in"] button');
  assert.equal(await heading(page), 'One more step');
  await checked(page, 'the second factor');
  await page.fill('#code', codeOf(secret, 1));
  await page.click('form[action="/sign-in/second"] button');
  await page.waitForURL('**/account');
  await page.click('form[action="/sign-out"] button');

  await signIn(page, instance.origin);
  await page.fill('#code', recovery[0].trim().toUpperCase());
  await page.click('form[action="/sign-in/second"] button');
  await page.waitForURL('**/account');
  assert.match(await page.textContent('#recovery'), /You have 9 left/);
  assert.deepEqual(faults.filter((fault) => !/status of 422/.test(fault)), []);
  await context.close();
  await instance.stop();
});

test('sessions are listed and ended, also without JavaScript', async () => {
  const { instance, link } = await fresh();
  const mine = await watched(instance, { javaScriptEnabled: false });
  const [address, token] = link.split('#');
  await mine.page.goto(address);
  await mine.page.fill('#token', token);
  await mine.page.click('button.verb');
  await mine.page.fill('#email', MAJA);
  await mine.page.fill('#password', PASSWORD);
  await mine.page.fill('#again', PASSWORD);
  await mine.page.click('button.verb');
  await mine.page.waitForURL('**/account');
  const theirs = await watched(instance);
  await signIn(theirs.page, instance.origin);
  await theirs.page.waitForURL('**/account');
  await mine.page.goto(`${instance.origin}/account`);
  assert.equal(await mine.page.locator('#sessions tbody tr').count(), 2);
  assert.match(await mine.page.textContent('#sessions'), /Chrome, Linux.*127\.0\.0\.0\/24/s);
  await mine.page.click('form[action="/account/sessions/end"] button');
  assert.match(await mine.page.textContent('#done'), /That session is over/);
  await theirs.page.reload();
  assert.match(theirs.page.url(), /\/sign-in\?next=/);
  assert.deepEqual(theirs.faults, []);
  await mine.context.close();
  await theirs.context.close();
  await instance.stop();
});

test('a link is good for one', async () => {
  const { instance, link } = await fresh();
  const { page, context } = await watched(instance);
  await setUp(page, link);
  await context.clearCookies();
  await page.goto(link);
  await page.click('button.verb');
  assert.match(await page.textContent('#fault'), /does not work any more/);
  await context.close();
  await instance.stop();
});

/**
 * Passkeys in a browser with an authenticator of its own: made, shown without a name, after a password and to
 * confirm, refused where they must be, and removed (R61, R62).
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { start, watched } from './house.js';

const AXE = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

let house;
before(async () => { house = await start(); });
after(async () => { await house.stop(); });

/** An authenticator in the machine that has just been touched by the right finger. */
const INTERNAL = {
  protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
  automaticPresenceSimulation: true,
};

/** A page whose machine holds passkeys. Its browser offers none by itself, unless it is told to. */
async function equipped(options = {}) {
  const { offers = false, ...rest } = options;
  const watch = await watched(house, rest);
  if (!offers) {
    await watch.context.addInitScript(() => { PublicKeyCredential.isConditionalMediationAvailable = async () => false; });
  }
  const session = await watch.context.newCDPSession(watch.page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', { options: INTERNAL });
  return {
    ...watch,
    verifies: (isUserVerified) => session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    holds: async () => (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length,
    forget: () => session.send('WebAuthn.clearCredentials', { authenticatorId }),
  };
}

/** Somebody new, by the link that sets an account up. */
async function settle(page, name, password = '') {
  const env = { ...process.env, SIGILL_PUBLIC_URL: house.origin };
  const made = house.cli(['admin', 'create', `${name}@example.test`, '--data', house.data], { env });
  assert.equal(made.status, 0, made.stderr);
  const link = /https?:\/\/\S+/.exec(made.stdout)?.[0];
  await page.goto(link);
  await page.click('button.verb');
  if (password) {
    await page.fill('#password', password);
    await page.fill('#again', password);
  }
  await page.click('button.verb');
  await page.waitForURL('**/account');
}

async function add(page, name) {
  await page.goto(`${house.origin}/account`);
  await page.fill('#new-passkey', name);
  await Promise.all([page.waitForNavigation(), page.click('#passkeys [data-passkeys] button')]);
  await page.locator('#passkeys tbody b', { hasText: name }).waitFor();
}

async function signOut(page) {
  await page.click('form.who button');
  await page.waitForURL('**/sign-in');
}

const button = (page) => page.locator('[data-passkeys] button');
const says = (page) => page.locator('[data-passkeys] [role=alert]');

/** Waits until the page says how it went. */
const told = (page) => page.locator('[data-passkeys] [role=alert]:not(:empty)').waitFor();

/** What axe has to say about a page. */
async function faultless(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: tags }), TAGS);
  assert.deepEqual(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`)), []);
}

test('a passkey is made, signs in without a name, confirms, gets another name and is removed', async () => {
  const { page, faults, context, holds } = await equipped();
  await settle(page, 'anna', 'a long enough password of hers');
  await add(page, 'My laptop');
  assert.equal(await holds(), 1);
  await faultless(page);
  await signOut(page);
  await faultless(page);
  await button(page).click();
  await page.waitForURL('**/overview');
  await page.goto(`${house.origin}/confirm?next=/account`);
  await faultless(page);
  await button(page).click();
  await page.waitForURL('**/account');
  await page.click('#passkeys summary');
  await page.fill('#passkeys [name=label]', 'Old laptop');
  await page.click('#passkeys details button');
  await page.locator('#passkeys tbody b', { hasText: 'Old laptop' }).waitFor();
  await page.click('#passkeys button.burn');
  await page.getByText('No passkey yet').waitFor();
  await signOut(page);
  await button(page).click();
  await told(page);
  assert.match(await says(page).textContent(), /was removed here/);
  assert.deepEqual(faults, []);
  await context.close();
});

test('after a password a passkey takes the place of a code', async () => {
  const { page, context } = await equipped();
  await settle(page, 'berit', 'a long enough password of hers');
  await add(page, 'Blue key');
  await signOut(page);
  await page.fill('#email', 'berit@example.test');
  await page.fill('#password', 'a long enough password of hers');
  await page.click('button.verb');
  await page.waitForURL('**/sign-in/second**');
  await faultless(page);
  await button(page).click();
  await page.waitForURL('**/overview');
  await context.close();
});

test('somebody whom the device does not know is told so, and nothing has changed', async () => {
  const { page, context, verifies, forget } = await equipped();
  await settle(page, 'cecilia', 'a long enough password of hers');
  await add(page, 'My phone');
  await signOut(page);
  await verifies(false);
  await button(page).click();
  await told(page);
  assert.match(await says(page).textContent(), /Nothing has changed/);
  assert.match(page.url(), /\/sign-in$/);
  await verifies(true);
  await button(page).click();
  await page.waitForURL('**/overview');
  await page.goto(`${house.origin}/account`);
  await page.fill('#new-passkey', 'Again');
  await page.click('#passkeys [data-passkeys] button');
  await told(page);
  assert.match(await says(page).textContent(), /has a passkey of yours already/);
  await forget();
  await signOut(page);
  await button(page).click();
  await told(page);
  await context.close();
});

test('a browser without passkeys says so, and the page without scripts does not offer them', async () => {
  const plain = await watched(house);
  await plain.context.addInitScript(() => { delete globalThis.PublicKeyCredential; });
  await plain.page.goto(`${house.origin}/sign-in`);
  await told(plain.page);
  assert.match(await says(plain.page).textContent(), /knows no passkeys/);
  assert.equal(await button(plain.page).isVisible(), false);
  await plain.context.close();
  const { page, context } = await watched(house, { javaScriptEnabled: false });
  await page.goto(`${house.origin}/sign-in`);
  assert.equal(await button(page).isVisible(), false);
  await context.close();
});

/**
 * The pages of those who are signed in, and their door, in every state: how a person gets to each of them.
 */

import { createHmac } from 'node:crypto';
import { watched } from './house.js';

const PASSWORD = 'violet kettle on the hill';
let people = 0;

/** The code of now, or of some steps later (RFC 6238). */
export function codeOf(secret, steps = 0) {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const count = Buffer.alloc(8);
  count.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const tag = createHmac('sha1', key).update(count).digest();
  const word = tag.readUInt32BE(tag[19] & 15) & 0x7fffffff;
  return String(word % 1_000_000).padStart(6, '0');
}

/** Somebody new with an address that is longer than most, and the link that sets the account up. */
function somebody(house) {
  people += 1;
  const email = `maja.lindstrom-sandberg.of.the.harbour.office.${people}@payroll.ekholm.example`;
  const env = { ...process.env, SIGILL_PUBLIC_URL: house.origin };
  const made = house.cli(['admin', 'create', email, '--data', house.data], { env });
  const link = /https?:\/\/\S+\/set-up#\S+/.exec(made.stdout)?.[0];
  if (!link) throw new Error(`no link: ${made.stdout}${made.stderr}`);
  return { email, link };
}

/** The page on which somebody new chooses a password. */
async function choosing(house, options) {
  const { email, link } = somebody(house);
  const watch = await watched(house, options);
  await watch.page.goto(link);
  await watch.page.click('button.verb');
  await watch.page.locator('#password').waitFor();
  return { ...watch, email };
}

async function settled(house, options) {
  const watch = await choosing(house, options);
  await watch.page.fill('#password', PASSWORD);
  await watch.page.fill('#again', PASSWORD);
  await watch.page.click('button.verb');
  await watch.page.waitForURL('**/account');
  return watch;
}

/** Links and passwords are tried a few times only: whoever is in is shared by all rooms of a house. */
const guests = new WeakMap();

async function guest(house) {
  if (!guests.has(house)) {
    guests.set(house, (async () => {
      const { context, email } = await settled(house, {});
      const [cookie] = await context.cookies(house.origin);
      await context.close();
      return { email, cookie };
    })());
  }
  return guests.get(house);
}

/** Somebody who is signed in, at a place. */
const at = (path) => async (house, options) => {
  const { cookie, email } = await guest(house);
  const watch = await watched(house, options);
  await watch.context.addCookies([cookie]);
  await watch.page.goto(house.origin + path);
  return { ...watch, email };
};

/** A stranger at the door. */
const door = (path) => async (house, options) => {
  const watch = await watched(house, options);
  await watch.page.goto(house.origin + path);
  return watch;
};

async function signIn(house, { page, email }, password = PASSWORD) {
  await page.goto(`${house.origin}/sign-in`);
  await page.fill('#email', email);
  await page.fill('#password', password);
  await page.click('form[action="/sign-in"] button');
}

async function withCodes(house, options) {
  const watch = await settled(house, options);
  await watch.page.goto(`${house.origin}/account/codes`);
  const secret = await watch.page.textContent('#secret');
  await watch.page.fill('#code', codeOf(secret));
  await watch.page.click('button.verb');
  await watch.page.locator('#codes').waitFor();
  return watch;
}

async function withKey(house, options, label = 'Nightly export of the payroll that goes to the accountants') {
  const watch = await at('/keys/new')(house, options);
  await watch.page.fill('#label', label);
  await watch.page.check('[name=scope][value="secrets:create"]');
  await watch.page.check('[name=scope][value="receipts:read"]');
  await watch.page.fill('#networks', '203.0.113.0/24, 2001:db8:4471:932::/64');
  await watch.page.click('main button.verb');
  await watch.page.locator('#key').waitFor();
  return watch;
}

async function founded(house, options) {
  const watch = await at('/organisations')(house, options);
  await watch.page.fill('#name', 'Lind, Sandberg & Co');
  await watch.page.click('form[action="/organisations"] button');
  await watch.page.waitForURL('**/organisations/*');
  return watch;
}

/** @type {Record<string, (house: any, options: object) => Promise<any>>} */
export const ROOMS = {
  'sign-in': door('/sign-in'),
  async 'sign-in-refused'(house, options) {
    const watch = await watched(house, options);
    await signIn(house, { ...watch, email: 'nobody@ekholm.example' }, 'not this one');
    await watch.page.locator('#fault').waitFor();
    return watch;
  },
  'sign-in-link': door('/sign-in/link#24BCmdQBfWjPAGTPxvk1wN'),
  async 'sign-in-second'(house, options) {
    const watch = await withCodes(house, options);
    await watch.context.clearCookies();
    await signIn(house, watch);
    await watch.page.waitForURL('**/sign-in/second**');
    return watch;
  },
  'set-up': door('/set-up#24BCmdQBfWjPAGTPxvk1wN'),
  'set-up-password': choosing,
  'set-up-late': async (house, options) => {
    const watch = await door('/set-up#24BCmdQBfWjPAGTPxvk1wN')(house, options);
    await watch.page.click('button.verb');
    await watch.page.locator('#fault').waitFor();
    return watch;
  },
  confirm: at('/confirm?next=/account'),
  account: at('/account'),
  'account-password': at('/account/password'),
  'account-codes': at('/account/codes'),
  'account-recovery': withCodes,
  'account-delete': at('/account/delete'),
  'keys-none': at('/keys'),
  'keys-new': at('/keys/new'),
  'keys-shown': withKey,
  async keys(house, options) {
    const watch = await withKey(house, options);
    await watch.page.goto(`${house.origin}/keys`);
    return watch;
  },
  async 'keys-one'(house, options) {
    const watch = await withKey(house, options);
    await watch.page.goto(`${house.origin}/keys`);
    await watch.page.click('.act a');
    await watch.page.locator('form[action$="/rotate"]').waitFor();
    return watch;
  },
  device: at('/device'),
  async 'device-asked'(house, options) {
    const asked = await fetch(`${house.origin}/v1/devices`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ client: 'sigill on the-build-machine-in-the-basement' }),
    });
    const { user_code: code } = await asked.json();
    const watch = await at('/device')(house, options);
    await watch.page.fill('#code', code);
    await watch.page.click('main button.verb');
    await watch.page.locator('form[action="/device/answer"]').waitFor();
    return watch;
  },
  async 'device-unknown'(house, options) {
    const watch = await at('/device')(house, options);
    await watch.page.fill('#code', 'BCDF-GHJK');
    await watch.page.click('main button.verb');
    await watch.page.locator('#code-wrong').waitFor();
    return watch;
  },
  'organisations-none': at('/organisations'),
  organisation: founded,
  async organisations(house, options) {
    const watch = await founded(house, options);
    await watch.page.goto(`${house.origin}/organisations`);
    return watch;
  },
  invitation: door('/invitation#24BCmdQBfWjPAGTPxvk1wN'),
  admin: at('/admin'),
  'admin-accounts': at('/admin/accounts'),
  async 'admin-organisations'(house, options) {
    const watch = await founded(house, options);
    await watch.page.goto(`${house.origin}/admin/organisations`);
    return watch;
  },
  'admin-switches': at('/admin/switches'),
  'admin-letters': at('/admin/letters'),
};

/**
 * Every page in every state, and how a person gets there. The tests look at each of them, and so does
 * whoever takes pictures.
 */

import { arrive, desk, share, watched } from './house.js';
import { burn, plant, take } from './plant.js';
import { ROOMS } from './rooms.js';

const PASTED = 'user: m.sandberg\npassword: kV7-tulip-Harbour-42\nhttps://payroll.ekholm.example';
const NOTE = 'The first sign-in asks for a new password.\nIf it does not let you in, call Jonas on extension 214.\nHe is there until four.';
const FIELDS = [
  { role: 1, label: '', value: 'm.sandberg' },
  { role: 2, label: '', value: 'kV7-tulip-Harbour-42' },
  { role: 3, label: '', value: 'https://payroll.ekholm.example' },
  { role: 5, label: 'Recovery code', value: '4471 0932' },
  { role: 4, label: '', value: NOTE },
];
const bytes = (length) => new Uint8Array(length).fill(7);
const FILES = [
  { name: 'payroll-recovery-codes.pdf', type: 'application/pdf', bytes: bytes(84120) },
  { name: '<img src=x onerror=alert(1)> & a name that goes on and on until it has to break somewhere.txt', type: 'text/html', bytes: bytes(12) },
];
const text = (value) => ({ kind: /** @type {const} */ ('text'), text: value });
const shown = (page, id) => page.locator(`#${id}`).waitFor();

async function reveal(house, options, content, after = async () => {}) {
  const { link } = await plant(house, content);
  const watch = await arrive(house, link, options);
  await watch.page.click('#show');
  await shown(watch.page, 'revealed');
  await after(watch.page);
  return watch;
}

async function guessed(house, options, terms, guess) {
  const { link } = await plant(house, text('behind'), { passphrase: 'right', ...terms });
  const watch = await arrive(house, link, options);
  await watch.page.fill('#passphrase', guess);
  await watch.page.click('#show');
  await shown(watch.page, 'fault');
  return watch;
}

/** A link that did not arrive whole. */
async function broken(house, options, change) {
  const { link } = await plant(house, text('whole'));
  const watch = await arrive(house, change(link), options);
  await shown(watch.page, 'incomplete');
  return watch;
}

/** The receipt of a secret to which something has happened. */
async function followed(house, options, terms, happens = async () => {}) {
  const planted = await plant(house, text('followed'), terms);
  await happens(planted);
  const watch = await watched(house, options);
  await watch.page.goto(`${house.origin}/receipt#${planted.receipt}`);
  await shown(watch.page, 'receipt');
  return watch;
}

/** A minute is the shortest life; nobody waits for it here. The answer is the server's, with an end. */
async function ended(house, options, kind) {
  const planted = await plant(house, text('followed'));
  const watch = await watched(house, options);
  await watch.context.route('**/v1/receipt', async (route) => {
    const answer = await route.fetch();
    const receipt = await answer.json();
    const at = receipt.expires_at;
    await route.fulfill({
      response: answer,
      json: { ...receipt, state: kind, ended_at: at, views_left: 0, events: [...receipt.events, { at, kind, actor: 'system' }] },
    });
  });
  await watch.page.goto(`${house.origin}/receipt#${planted.receipt}`);
  await shown(watch.page, 'receipt');
  return watch;
}

async function opened(house, planted, options = {}) {
  const { page, context } = await arrive(house, planted.link, options);
  await Promise.all([page.waitForResponse(/\/ack$/), page.click('#show')]);
  await context.close();
}

async function still(house, options, path) {
  const watch = await watched(house, { ...options, javaScriptEnabled: false });
  await watch.page.goto(house.origin + path);
  return { ...watch, still: true };
}

async function unfold(page) {
  for (const id of ['term-views', 'term-expiry', 'term-pass', 'term-more']) await page.click(`#${id}`);
}

/** @type {Record<string, (house: any, options: object) => Promise<any>>} */
export const SCENES = {
  create: desk,
  async 'create-offer'(house, options) {
    const watch = await desk(house, options);
    await watch.page.fill('#secret', PASTED);
    await shown(watch.page, 'offer');
    return watch;
  },
  async 'create-filled'(house, options) {
    const watch = await desk(house, options);
    await watch.page.fill('#secret', PASTED);
    await watch.page.click('#offer-decline');
    await unfold(watch.page);
    await watch.page.fill('#expiry', '2');
    await watch.page.fill('#pass', 'lantern-orbit-velvet-moss');
    return watch;
  },
  async 'create-fields'(house, options) {
    const watch = await desk(house, options);
    await watch.page.fill('#secret', `${PASTED}\n${NOTE}`);
    await watch.page.click('#offer-accept');
    await watch.page.click('#field-add');
    return watch;
  },
  async 'create-generator'(house, options) {
    const watch = await desk(house, options);
    await watch.page.click('#make-password');
    return watch;
  },
  async 'create-preview'(house, options) {
    const watch = await desk(house, options);
    await watch.page.click('#term-pass');
    await watch.page.click('#suggest');
    await watch.page.click('#look');
    await shown(watch.page, 'preview');
    return watch;
  },
  async 'create-empty'(house, options) {
    const watch = await desk(house, options);
    await watch.page.click('#submit');
    await shown(watch.page, 'fault');
    return watch;
  },
  async 'create-offline'(house, options) {
    const watch = await desk(house, options);
    await watch.page.fill('#secret', 'kept');
    await watch.context.route('**/v1/secrets', (route) => route.abort());
    await watch.page.click('#submit');
    await shown(watch.page, 'fault');
    return watch;
  },
  async 'create-insecure'(house, options) {
    const plain = await house.elsewhere();
    const watch = await watched(plain, options);
    await watch.page.goto(plain.origin);
    await shown(watch.page, 'insecure');
    return watch;
  },
  async 'create-late'(house, options) {
    const watch = await watched(house, options);
    await watch.context.route('**/l10n/**', (route) => route.abort());
    await watch.page.goto(house.origin);
    await shown(watch.page, 'reload');
    return watch;
  },
  'create-no-script': (house, options) => still(house, options, '/'),
  done: (house, options) => share(house, 'kept', async (page) => {
    await page.click('#term-pass');
    await page.fill('#pass', 'lantern-orbit-velvet-moss');
  }, options),
  async 'done-by-hand'(house, options) {
    const watch = await share(house, 'kept', undefined, { ...options, clipboard: false });
    await watch.page.click('#keep');
    await shown(watch.page, 'receipt-link');
    return watch;
  },
  async 'done-burn-failed'(house, options) {
    const watch = await share(house, 'kept', undefined, options);
    await watch.context.route('**/burn', (route) => route.abort());
    await watch.page.click('#burn');
    await watch.page.click('#burn-yes');
    await watch.page.locator('#burn-outcome.alarm').waitFor();
    return watch;
  },
  async 'done-burn'(house, options) {
    const watch = await share(house, 'kept', undefined, options);
    await watch.page.click('#burn');
    return watch;
  },
  async 'done-opened'(house, options) {
    const watch = await share(house, 'kept', undefined, options);
    await opened(house, watch);
    await watch.page.locator('#timeline li').nth(2).waitFor();
    return watch;
  },
  async open(house, options) {
    const { link } = await plant(house, text('kept'));
    return arrive(house, link, options);
  },
  async 'open-passphrase'(house, options) {
    const { link } = await plant(house, text('kept'), { passphrase: 'right' });
    return arrive(house, link, options);
  },
  'open-wrong': (house, options) => guessed(house, options, { tries: 5 }, 'lantern-orbit'),
  'open-last-try': (house, options) => guessed(house, options, { tries: 1 }, 'lantern-orbit'),
  async 'open-own'(house, options) {
    const sender = await share(house, 'mine', undefined, options);
    await sender.page.click('#keep');
    await sender.page.goto(sender.link);
    await shown(sender.page, 'own');
    return sender;
  },
  async 'open-offline'(house, options) {
    const { link } = await plant(house, text('kept'));
    const watch = await arrive(house, link, options);
    await watch.context.route('**/claim', (route) => route.abort());
    await watch.page.click('#show');
    await shown(watch.page, 'fault');
    return watch;
  },
  async 'open-insecure'(house, options) {
    const plain = await house.elsewhere();
    const { link } = await plant(house, text('kept'));
    const watch = await watched(plain, options);
    await watch.page.goto(link.replace(house.origin, plain.origin));
    await shown(watch.page, 'insecure');
    return watch;
  },
  'open-no-script': (house, options) => still(house, options, '/s/24BCmdQBfWjPAGTPxvk1wN'),
  'revealed-text': (house, options) => reveal(house, options, text(`${NOTE}\n\n\tssh-ed25519  AAAAC3NzaC1lZDI1NTE5AAAAIFz9l\n`)),
  'revealed-fields': (house, options) => reveal(house, options, { kind: 'fields', fields: FIELDS }),
  'revealed-shown': (house, options) => reveal(house, options, { kind: 'fields', fields: FIELDS }, async (page) => {
    await page.locator('.fields > div').nth(1).locator('.mask').click();
    await page.locator('.fields > div').nth(1).locator('.copy').click();
  }),
  'revealed-files': (house, options) => reveal(house, options, { kind: 'files', files: FILES }),
  wiped: (house, options) => reveal(house, options, text('kept'), async (page) => {
    await page.click('#wipe-now');
    await shown(page, 'wiped');
  }),
  async gone(house, options) {
    const planted = await plant(house, text('kept'));
    await burn(house, planted);
    const watch = await arrive(house, planted.link, options);
    await watch.page.click('#show');
    await shown(watch.page, 'gone');
    return watch;
  },
  async spent(house, options) {
    const { link } = await plant(house, text('kept'), { strict: true });
    const watch = await arrive(house, link, options);
    await watch.context.route('**/claim', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: (await answer.body()).subarray(0, 100) });
    });
    await watch.page.click('#show');
    await shown(watch.page, 'spent');
    return watch;
  },
  'incomplete-cut': (house, options) => broken(house, options, (link) => link.slice(0, -30)),
  'incomplete-missing': (house, options) => broken(house, options, (link) => link.split('#')[0]),
  async 'incomplete-mistyped'(house, options) {
    const watch = await broken(house, options, (link) => link.replace(/.$/, (last) => (last === 'z' ? 'y' : 'z')));
    await watch.page.fill('#key', 'not-a-key');
    await watch.page.click('#key-form button');
    await shown(watch.page, 'key-fault');
    return watch;
  },
  'incomplete-version': (house, options) => broken(house, options, (link) => link.replace(/#../, '#7Z')),
  'receipt-waiting': (house, options) => followed(house, options, {}),
  'receipt-partly': (house, options) => followed(house, options, { views: 3 }, (planted) => opened(house, planted)),
  'receipt-locked': (house, options) => followed(house, options, { passphrase: 'right', tries: 2 }, async (planted) => {
    await take(house, planted, 1);
    await take(house, planted, 2);
  }),
  'receipt-delivering': (house, options) => followed(house, options, {}, (planted) => take(house, planted)),
  'receipt-opened': (house, options) => followed(house, options, {}, (planted) => opened(house, planted)),
  'receipt-burned': (house, options) => followed(house, options, {}, (planted) => burn(house, planted)),
  'receipt-burned-by-itself': (house, options) => followed(house, options, { passphrase: 'right', tries: 1, action: 'burn' }, (planted) => take(house, planted, 1)),
  'receipt-expired': (house, options) => ended(house, options, 'expired'),
  'receipt-lost': (house, options) => ended(house, options, 'lost'),
  async 'receipt-offline'(house, options) {
    const planted = await plant(house, text('followed'));
    const watch = await watched(house, options);
    await watch.context.route('**/v1/receipt', (route) => route.abort());
    await watch.page.goto(`${house.origin}/receipt#${planted.receipt}`);
    await shown(watch.page, 'fault');
    return watch;
  },
  async 'receipt-gone'(house, options) {
    const watch = await watched(house, options);
    await watch.page.goto(`${house.origin}/receipt#sgr_nonsense`);
    await watch.page.locator('h1', { hasText: /receipt|kvitto/ }).waitFor();
    return watch;
  },
  'receipt-no-script': (house, options) => still(house, options, '/receipt'),
  async practice(house, options) {
    const watch = await watched(house, options);
    await watch.page.goto(`${house.origin}/good-practice`);
    return watch;
  },
  async missing(house, options) {
    const watch = await watched(house, options);
    await watch.page.goto(`${house.origin}/nothing/here`);
    return watch;
  },
  ...ROOMS,
};

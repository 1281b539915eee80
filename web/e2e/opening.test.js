/**
 * The flows of a reader: arrive, prove, see once, wipe; and links that did not arrive whole.
 */

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { arrive, share, start } from './house.js';
import { fate, plant } from './plant.js';

let house;
before(async () => { house = await start(); });
after(async () => { await house.stop(); });

const shown = (page, id) => page.locator(`#${id}`).waitFor();

test('a wrong passphrase costs nothing, and the right one opens', async () => {
  const sender = await share(house, 'behind', async (page) => {
    await page.click('#term-pass');
    await page.fill('#pass', 'lantern  orbit');
  });
  assert.doesNotMatch(await sender.page.locator('#done').textContent(), /lantern/);
  const { page, faults } = await arrive(house, sender.link);
  await page.fill('#passphrase', 'lantern orbit');
  await page.click('#show');
  await page.locator('#fault', { hasText: '4 tries left' }).waitFor();
  await page.fill('#passphrase', 'lantern  orbit');
  await page.click('#show');
  await shown(page, 'revealed');
  assert.equal(await page.locator('.value-text').textContent(), 'behind');
  assert.deepEqual([...faults, ...sender.faults], []);
});

test('used-up tries lock it, and only the sender unlocks it', async () => {
  const sender = await share(house, 'behind', async (page) => {
    await page.click('#term-pass');
    await page.fill('#pass', 'right');
    await page.fill('#tries', '1');
  });
  const reader = await arrive(house, sender.link);
  await reader.page.fill('#passphrase', 'wrong');
  await reader.page.click('#show');
  await reader.page.locator('#fault', { hasText: 'No tries' }).waitFor();
  await reader.page.fill('#passphrase', 'right');
  await reader.page.click('#show');
  await shown(reader.page, 'gone');
  await sender.page.click('#unlock');
  await sender.page.locator('#burn-outcome', { hasText: 'It waits again' }).waitFor();
  const second = await arrive(house, sender.link);
  await second.page.fill('#passphrase', 'right');
  await second.page.click('#show');
  await shown(second.page, 'revealed');
});

test('two views are two readers', async () => {
  const sender = await share(house, 'twice', async (page) => {
    await page.click('#term-views');
    await page.click('#more');
    assert.equal(await page.textContent('#term-views'), 'Opens 2 times');
  });
  for (const state of ['revealed', 'revealed', 'gone']) {
    const { page } = await arrive(house, sender.link);
    await page.click('#show');
    await shown(page, state);
    await page.close();
  }
});

test('whoever made a link is warned before using it up', async () => {
  const sender = await share(house, 'mine');
  const own = await sender.context.newPage();
  await own.goto(sender.link);
  await own.locator('#own').waitFor();
  assert.equal(await own.locator('#show').isDisabled(), true);
  await own.click('#own-anyway');
  await own.click('#show');
  await own.locator('#revealed').waitFor();
});

test('a broken link is recognised without asking the server', async () => {
  const { link } = await share(house, 'whole');
  const swapped = link.replace(/(.)(.)$/, (_, a, b) => (a === b ? `${a}z` : b + a));
  for (const [broken, says] of [[link.slice(0, -3), 'end of the link is missing'], [link.split('#')[0], 'key is missing'], [swapped, 'character is wrong']]) {
    const { page, requests, faults } = await arrive(house, broken);
    await shown(page, 'incomplete');
    assert.match(await page.textContent('#incomplete-heading'), new RegExp(says));
    assert.deepEqual(requests.filter(({ url }) => url.includes('/v1/')), []);
    assert.deepEqual(faults, []);
    await page.close();
  }
  const apart = await arrive(house, link.split('#')[0]);
  await apart.page.fill('#key', link.split('#')[1]);
  await apart.page.click('#key-form button');
  await apart.page.click('#show');
  await shown(apart.page, 'revealed');
});

test('loading changes nothing; Back and reload show nothing', async () => {
  const sender = await share(house, 'only once');
  const planted = await plant(house, { kind: 'text', text: 'looked at' });
  for (const link of [sender.link, planted.link]) {
    const { page, requests } = await arrive(house, link);
    await page.reload();
    assert.deepEqual(requests.filter(({ method, url }) => method !== 'GET' || url.includes('/v1/')), []);
    await page.close();
  }
  const { state, events } = await fate(house, planted);
  assert.deepEqual([state, ...events.map(({ kind }) => kind)], ['waiting', 'created']);
  const { page } = await arrive(house, sender.link);
  await page.click('#show');
  await shown(page, 'revealed');
  await page.goto(`${house.origin}/good-practice`);
  await page.goBack();
  await page.locator('h1:visible').waitFor();
  assert.doesNotMatch(await page.content(), /only once/);
  await page.reload();
  assert.doesNotMatch(await page.content(), /only once/);
});

test('wiping leaves nothing on the page', async () => {
  const { link } = await share(house, 'to be wiped');
  const { page } = await arrive(house, link);
  await page.click('#show');
  await shown(page, 'revealed');
  await page.click('#wipe-now');
  await shown(page, 'wiped');
  assert.doesNotMatch(await page.content(), /to be wiped/);
});

test('a lost answer is fetched again by the same reader', async () => {
  const { link } = await share(house, 'patience');
  const { page, context } = await arrive(house, link);
  let lost = 0;
  await context.route('**/claim', async (route) => {
    if (lost > 0) return route.continue();
    lost += 1;
    await route.fetch();
    return route.abort();
  });
  await page.click('#show');
  await page.locator('#fault', { hasText: 'cannot be reached' }).waitFor();
  await page.click('#show');
  await shown(page, 'revealed');
  assert.equal(await page.locator('.value-text').textContent(), 'patience');
});

test('the language follows the browser, and the switch keeps the link', async () => {
  const { link } = await share(house, 'hemligt');
  const { page, faults } = await arrive(house, link, { locale: 'sv-SE' });
  await page.locator('h1', { hasText: 'Du har f\u00e5tt en hemlighet' }).waitFor();
  await page.click('#language');
  await page.locator('h1', { hasText: 'You have received a secret' }).waitFor();
  assert.equal(new URL(page.url()).hash, '');
  await page.click('#show');
  await shown(page, 'revealed');
  assert.deepEqual(faults, []);
});

test('a whole link pasted where half of one arrived leads to its own secret', async () => {
  const [half, whole] = [await plant(house, { kind: 'text', text: 'half' }), await plant(house, { kind: 'text', text: 'whole' })];
  const { page, faults } = await arrive(house, half.link.slice(0, -5));
  await page.fill('#key', ` ${whole.link.slice(0, 40)}\n${whole.link.slice(40)} `);
  await page.click('#key-form button');
  await shown(page, 'ready');
  assert.equal(page.url(), whole.link.split('#')[0], 'no key in the address bar');
  await page.click('#show');
  await shown(page, 'revealed');
  assert.equal(await page.locator('.value-text').textContent(), 'whole');
  assert.deepEqual(faults, []);
});

test('the page wipes itself when its time is up', async () => {
  const { link } = await plant(house, { kind: 'text', text: 'to be wiped' });
  const { page } = await arrive(house, link);
  await page.clock.install();
  await page.click('#show');
  await shown(page, 'revealed');
  await page.click('#longer');
  await page.clock.runFor(590_000);
  await page.locator('#news', { hasText: 'less than a minute' }).waitFor({ state: 'attached' });
  assert.match(await page.content(), /to be wiped/);
  await page.clock.runFor(20_000);
  await shown(page, 'wiped');
  assert.doesNotMatch(await page.content(), /to be wiped/);
});

test('nothing that was sealed is ever read as a page', async () => {
  const nasty = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  const files = [{ name: `${nasty.replaceAll('/', '')}.exe`, type: 'text/html', bytes: new Uint8Array([60]) }];
  const fields = [1, 2, 3, 4].map((role) => ({ role, label: '', value: nasty })).concat({ role: 5, label: nasty, value: nasty });
  for (const content of [{ kind: 'text', text: nasty }, { kind: 'fields', fields }, { kind: 'files', files }]) {
    const { page, faults, context } = await arrive(house, (await plant(house, content)).link);
    await page.click('#show');
    await shown(page, 'revealed');
    for (const mask of await page.locator('.mask').all()) if (await mask.getAttribute('aria-pressed') === 'false') await mask.click();
    assert.equal(await page.locator('#content img, #content script, #content a').count(), 0);
    assert.match(await page.locator('#content').textContent(), /<img src=x/);
    if (content.kind === 'files') {
      const [saved] = await Promise.all([page.waitForEvent('download'), page.click('.save')]);
      assert.doesNotMatch(saved.suggestedFilename(), /\u202e|\//);
    }
    assert.match(await page.title(), /A secret for you/);
    assert.deepEqual(faults, []);
    await context.close();
  }
});

/**
 * The flows of a person: share, open, burn, follow; in the page and between page and terminal.
 */

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { arrive, share, start, watched } from './house.js';

let house;
before(async () => { house = await start(); });
after(async () => { await house.stop(); });

const shown = (page, id) => page.locator(`#${id}`).waitFor();

test('a text travels exactly, once, and the sender sees it', async () => {
  const text = '  sm\u00f6rg\u00e5s \u{1f980}\n\ttwo  spaces \n';
  const sender = await share(house, text);
  assert.equal(await sender.page.evaluate(() => navigator.clipboard.readText()), sender.link);
  assert.equal(new URL(sender.page.url()).hash, '', 'the address bar holds no capability');
  const reader = await arrive(house, sender.link);
  await reader.page.click('#show');
  await shown(reader.page, 'revealed');
  assert.equal(await reader.page.locator('.value-text').textContent(), text);
  await sender.page.locator('#timeline', { hasText: 'They confirmed' }).waitFor();
  assert.equal(await sender.page.locator('#burn').isVisible(), false);
  const late = await arrive(house, sender.link);
  await late.page.click('#show');
  await shown(late.page, 'gone');
  for (const { faults } of [sender, reader, late]) assert.deepEqual(faults, []);
});

test('fields are recognised, masked, and copied one by one', async () => {
  const pasted = 'user: m.sandberg\npassword: kV7-tulip \nhttps://payroll.ekholm.example\ncall Jonas';
  const sender = await share(house, pasted, (page) => page.click('#offer-accept'));
  const { page, faults } = await arrive(house, sender.link);
  await page.click('#show');
  await shown(page, 'revealed');
  const rows = page.locator('.fields > div');
  assert.deepEqual(await rows.locator('dt').allTextContents(), ['User name', 'Password', 'Address', 'Note']);
  const password = rows.nth(1);
  assert.doesNotMatch(await password.locator('.value').textContent(), /tulip/);
  await password.getByRole('button', { name: 'Copy' }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'kV7-tulip');
  await password.getByRole('button', { name: 'Show' }).click();
  assert.equal(await password.locator('.value').textContent(), 'kV7-tulip');
  assert.deepEqual([...faults, ...sender.faults], []);
});

test('the offer is made once', async () => {
  const { page } = await watched(house);
  await page.goto(house.origin);
  await page.locator('#keys').waitFor();
  await page.fill('#secret', 'user: a\npassword: b');
  await page.click('#offer-decline');
  await page.fill('#secret', 'user: a\npassword: c');
  assert.equal(await page.locator('#offer').isVisible(), false);
});

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

test('burning asks, then nobody opens it', async () => {
  const sender = await share(house, 'burn me');
  await sender.page.click('#burn');
  await sender.page.click('#burn-no');
  assert.equal(await sender.page.locator('#burn-sure').isVisible(), false);
  await sender.page.click('#burn');
  await sender.page.click('#burn-yes');
  await sender.page.locator('#burn-outcome', { hasText: 'Burned' }).waitFor();
  const { page } = await arrive(house, sender.link);
  await page.click('#show');
  await shown(page, 'gone');
  assert.deepEqual(sender.faults, []);
});

test('the receipt is kept as a link of its own, and survives a reload', async () => {
  const sender = await share(house, 'followed');
  await sender.page.click('#keep');
  await sender.page.locator('#keep', { hasText: 'clipboard' }).waitFor();
  const receipt = await sender.page.evaluate(() => navigator.clipboard.readText());
  assert.match(receipt, /\/receipt#sgr_/);
  const follower = await arrive(house, receipt);
  await follower.page.locator('h1', { hasText: 'It waits, unopened' }).waitFor();
  assert.equal(new URL(follower.page.url()).hash, '');
  await follower.page.click('#burn');
  await follower.page.click('#burn-yes');
  await follower.page.locator('h1', { hasText: 'It was burned' }).waitFor();
  const nobody = await arrive(house, `${house.origin}/receipt#sgr_nonsense`);
  await nobody.page.locator('h1', { hasText: 'No such receipt' }).waitFor();
  assert.deepEqual([...follower.faults, ...nobody.faults], []);
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
  for (const [broken, says] of [[link.slice(0, -3), 'end of the link is missing'], [link.split('#')[0], 'after # is missing'], [swapped, 'character is wrong']]) {
    const { page, requests, faults } = await arrive(house, broken);
    await shown(page, 'incomplete');
    assert.match(await page.textContent('#incomplete-why'), new RegExp(says));
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
  for (let i = 0; i < 3; i += 1) {
    const { page, requests } = await arrive(house, sender.link);
    await page.reload();
    assert.deepEqual(requests.filter(({ method, url }) => method !== 'GET' || url.includes('/v1/')), []);
    await page.close();
  }
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

test('nothing that opens goes over the wire or into storage', async () => {
  const sender = await share(house, 'a canary in a coal mine');
  const reader = await arrive(house, sender.link);
  await reader.page.click('#show');
  await shown(reader.page, 'revealed');
  const key = sender.link.split('#')[1];
  for (const { requests, page } of [sender, reader]) {
    for (const { url, body, headers } of requests) {
      if (!url.startsWith(`${sender.link.split('#')[0]}#`)) assert.doesNotMatch(url, new RegExp(key));
      assert.doesNotMatch(body + JSON.stringify(headers), new RegExp(`${key}|canary`));
    }
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    assert.doesNotMatch(stored, new RegExp(`${key}|canary|sgr_|sgc_|${sender.link.split('/s/')[1].split('#')[0]}`));
  }
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

test('bad input is named and loses nothing', async () => {
  const { page, faults } = await watched(house);
  await page.goto(house.origin);
  await page.locator('#keys').waitFor();
  await page.click('#submit');
  await page.locator('#fault', { hasText: 'nothing to seal yet' }).waitFor();
  await page.fill('#secret', 'kept');
  await page.click('#term-expiry');
  await page.fill('#exact', '366');
  await page.click('#submit');
  await page.locator('#fault', { hasText: '365 days' }).waitFor();
  assert.equal(await page.inputValue('#secret'), 'kept');
  await page.fill('#exact', '1');
  await page.selectOption('#unit', '60');
  await page.keyboard.press('Control+Enter');
  await shown(page, 'done');
  assert.deepEqual(faults, []);
});

test('the page opens what the terminal sealed, and the other way round', async () => {
  const text = 'from the terminal \u00e5\u00e4\u00f6\n';
  const shared = house.cli(['share', '--server', house.origin], { input: text });
  assert.equal(shared.status, 0, shared.stderr);
  const { page } = await arrive(house, shared.stdout.trim());
  await page.click('#show');
  await shown(page, 'revealed');
  assert.equal(await page.locator('.value-text').textContent(), text);
  const { link } = await share(house, 'from the page \u00e5\u00e4\u00f6');
  const opened = house.cli(['open', '-'], { input: link });
  assert.equal(opened.stdout, 'from the page \u00e5\u00e4\u00f6', opened.stderr);
});

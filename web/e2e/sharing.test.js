/**
 * The flows of a sender: write, seal, hand over, follow, burn.
 */

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { arrive, desk, share, start } from './house.js';

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
  await sender.page.locator('#timeline', { hasText: 'It arrived' }).waitFor();
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
  assert.deepEqual(await rows.locator('dt').allTextContents(), ['User name', 'Password', 'Address']);
  assert.equal(await page.locator('.value-text').textContent(), 'call Jonas');
  const password = rows.nth(1);
  assert.doesNotMatch(await password.locator('.value').textContent(), /tulip/);
  await password.getByRole('button', { name: 'Copy' }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'kV7-tulip');
  await password.getByRole('button', { name: 'Show' }).click();
  assert.equal(await password.locator('.value').textContent(), 'kV7-tulip');
  assert.deepEqual([...faults, ...sender.faults], []);
});

test('the offer is made once', async () => {
  const { page } = await desk(house);
  await page.fill('#secret', 'user: a\npassword: b');
  await page.click('#offer-decline');
  await page.fill('#secret', 'user: a\npassword: c');
  assert.equal(await page.locator('#offer').isVisible(), false);
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

test('bad input is named and loses nothing', async () => {
  const { page, faults } = await desk(house);
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

test('by keyboard alone: write, set terms, seal, and open', async () => {
  const { page, faults } = await desk(house);
  const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
  const focused = () => page.evaluate(() => document.activeElement?.id);
  const tabTo = async (id) => {
    for (let steps = 0; steps < 60 && await focused() !== id; steps += 1) await press('Tab');
    assert.equal(await focused(), id);
  };
  assert.equal(await focused(), 'secret', 'the caret is in the field');
  await page.keyboard.type('typed');
  await tabTo('look');
  await press('Enter');
  assert.equal(await page.evaluate(() => document.getElementById('preview').open), true);
  await press('Escape');
  assert.equal(await focused(), 'look', 'the focus comes back');
  await tabTo('term-views');
  await press('Enter');
  await tabTo('more');
  await press('Space');
  assert.equal(await page.textContent('#term-views'), 'Opens 2 times');
  await tabTo('submit');
  await press('Enter');
  await shown(page, 'done');
  assert.equal(await focused(), 'done-heading', 'a screen reader is told where it is');
  await tabTo('another');
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(ring, 'solid', 'the focus can be seen');
  const reader = await arrive(house, await page.textContent('#link'));
  await reader.page.keyboard.press('Tab');
  for (let steps = 0; steps < 20 && await reader.page.evaluate(() => document.activeElement?.id) !== 'show'; steps += 1) await reader.page.keyboard.press('Tab');
  await reader.page.keyboard.press('Enter');
  await shown(reader.page, 'revealed');
  assert.deepEqual([...faults, ...reader.faults], []);
});

test('create another keeps the settings and nothing else', async () => {
  const sender = await share(house, 'first', async (page) => {
    await page.click('#term-views');
    await page.fill('#views', '3');
    await page.click('#term-expiry');
    await page.fill('#expiry', '1');
    await page.click('#term-pass');
    await page.fill('#pass', 'once');
  });
  const { page, faults } = sender;
  await page.click('#another');
  assert.equal(await page.inputValue('#secret'), '');
  assert.equal(await page.inputValue('#pass'), '');
  assert.deepEqual(await page.locator('.term').allTextContents(), ['Opens 3 times', 'for 1 hour', 'no passphrase', 'more']);
  assert.doesNotMatch(await page.content(), new RegExp(sender.link.split('#')[1]));
  await page.fill('#secret', 'second');
  await page.keyboard.press('Control+Enter');
  await shown(page, 'done');
  assert.notEqual(await page.textContent('#link'), sender.link);
  await page.click('#burn');
  await page.click('#burn-yes');
  await page.locator('#burn-outcome', { hasText: 'Burned' }).waitFor();
  const first = await arrive(house, sender.link);
  await first.page.fill('#passphrase', 'once');
  await first.page.click('#show');
  await shown(first.page, 'revealed');
  assert.deepEqual(faults, []);
});

test('a reload asks before the receipt is lost, and not once it is kept', async () => {
  const { page } = await share(house, 'kept');
  const asked = [];
  page.on('dialog', (dialog) => { asked.push(dialog.type()); dialog.accept(); });
  await page.locator('#done-heading').click();
  await page.reload();
  assert.deepEqual(asked, ['beforeunload']);
  const keeper = await share(house, 'kept');
  keeper.page.on('dialog', (dialog) => { asked.push(dialog.type()); dialog.accept(); });
  await keeper.page.click('#keep');
  await keeper.page.locator('#keep', { hasText: 'clipboard' }).waitFor();
  await keeper.page.reload();
  assert.deepEqual(asked, ['beforeunload']);
});

test('a password by characters or words goes where the caret is', async () => {
  const { page, faults } = await desk(house);
  await page.fill('#secret', 'it is: ');
  await page.click('#make-password');
  const byCharacters = await page.textContent('#generated');
  assert.match(byCharacters, /^[\w.+*-]{20}$/);
  await page.click('#generate');
  assert.notEqual(await page.textContent('#generated'), byCharacters);
  await page.click('#kind-words');
  const byWords = await page.textContent('#generated');
  assert.match(byWords, /^[a-z]{5}(-[a-z]{5}){3}$/);
  await page.click('#generator-use');
  assert.equal(await page.inputValue('#secret'), `it is: ${byWords}`);
  assert.equal(await page.locator('#generator').isVisible(), false);
  await page.click('#use-fields');
  await page.click('#make-password');
  await page.click('#generator-use');
  assert.match(await page.locator('.field textarea').nth(1).inputValue(), /^[a-z-]{23}$/);
  assert.deepEqual(faults, []);
});

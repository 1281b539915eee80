/**
 * What the server has sealed opens and burns in a browser, with JavaScript and without it, and says who has
 * sealed it (R8, R12, R20).
 */

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { start, watched } from './house.js';

let house;
before(async () => { house = await start(); });
after(async () => { await house.stop(); });

/** A secret of somebody who only speaks plain HTTP. */
async function concealed(content, passphrase) {
  const form = new URLSearchParams({ secret: content, ttl: '3600', ...(passphrase && { passphrase }) });
  const answer = await fetch(`${house.origin}/api/v1/share`, { method: 'POST', body: form });
  assert.equal(answer.status, 200);
  const told = await answer.json();
  return { link: `${house.origin}/secret/${told.secret_key}`, receipt: `${house.origin}/receipt/${told.metadata_key}` };
}

const said = (page) => page.locator('main').innerText();

for (const [name, options] of [['with JavaScript', {}], ['without JavaScript', { javaScriptEnabled: false }]]) {
  test(`a click opens it, once, ${name}`, async () => {
    const { link, receipt } = await concealed('\nfirst line\n  <b>second</b>');
    const { page, faults, context } = await watched(house, options);
    await page.goto(link);
    assert.match(await said(page), /The server has sealed this one/);
    assert.doesNotMatch(await said(page), /first line/);
    await page.click('#show');
    await page.locator('#content').waitFor();
    assert.equal(await page.textContent('#content'), '\nfirst line\n  <b>second</b>');
    assert.equal(await page.locator('#language').count(), 0, 'nothing leads to the page anew');
    assert.deepEqual(faults, []);
    await page.goto(link);
    assert.match(await said(page), /Nothing here any more/);
    await page.goto(receipt);
    assert.match(await said(page), /It was opened/);
    await context.close();
  });

  test(`a passphrase is asked for, and a wrong one loses nothing, ${name}`, async () => {
    const { link } = await concealed('guarded', 'lantern orbit');
    const { page, context } = await watched(house, options);
    await page.goto(link);
    await page.fill('#passphrase', 'lantern');
    await page.click('#show');
    assert.match(await page.textContent('#fault'), /did not match\. Nothing was lost\. 4 tries left/);
    await page.fill('#passphrase', 'lantern orbit');
    await page.press('#passphrase', 'Enter');
    await page.locator('#content').waitFor();
    assert.equal(await page.textContent('#content'), 'guarded');
    await context.close();
  });

  test(`burning asks once more, ${name}`, async () => {
    const { link, receipt } = await concealed('burned');
    const { page, faults, context } = await watched(house, options);
    await page.goto(receipt);
    assert.equal(await page.textContent('#link'), link);
    assert.equal(await page.locator('#burn-yes').isVisible(), false);
    await page.click('#burning summary');
    await page.click('#burn-yes');
    await page.locator('#outcome').waitFor();
    assert.match(await said(page), /Burned\. Nobody can open it any more\./);
    assert.equal(await page.locator('#link').count(), 0);
    assert.deepEqual(faults, []);
    await page.goto(link);
    assert.match(await said(page), /Nothing here any more/);
    await context.close();
  });
}

test('a copy button copies what was shown, and times are those of the reader', async () => {
  const { link, receipt } = await concealed('copied\nwhole');
  const { page, context } = await watched(house, { permissions: ['clipboard-read', 'clipboard-write'], timezoneId: 'Asia/Tokyo', locale: 'en-GB' });
  await page.goto(receipt);
  assert.doesNotMatch(await page.textContent('#timeline time'), /UTC/);
  assert.match(await page.getAttribute('#timeline time', 'title') ?? '', /GMT\+9|JST|Japan/);
  await page.goto(link);
  await page.click('#show');
  await page.click('button.copy');
  await page.locator('button.copy.done').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'copied\nwhole');
  await context.close();
});

test('another site cannot open it by a form, and its own page can without a Referer', async () => {
  const { link } = await concealed('still here');
  const { page, context } = await watched(house);
  const sent = [];
  page.on('request', (request) => { if (request.method() === 'POST') sent.push(request.headers()); });
  await page.setContent(`<form method="post" action="${link}"><button>x</button></form>`);
  await Promise.all([page.waitForNavigation(), page.click('button')]);
  assert.doesNotMatch(await page.content(), /still here/);
  await page.goto(link);
  await page.click('#show');
  await page.locator('#content').waitFor();
  assert.equal(await page.textContent('#content'), 'still here');
  assert.ok(!sent.some((headers) => headers.referer?.includes('/secret/')), 'the path is in no Referer');
  await context.close();
});

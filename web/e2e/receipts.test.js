/**
 * What a receipt says is true: for one reader and for several, whoever burned it, and when a verb fails (R53, R95).
 */

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { share, start, watched } from './house.js';
import { plant, take } from './plant.js';

let house;
before(async () => { house = await start(); });
after(async () => { await house.stop(); });

const text = { kind: 'text', text: 'followed' };
const said = (page) => page.locator('main').innerText();

/** A receipt as the server would tell it after more events. What takes time or luck is told, not waited for. */
async function told(change, events, options = {}) {
  const planted = await plant(house, text, { views: 3, passphrase: 'right' });
  const watch = await watched(house, options);
  await watch.context.route('**/v1/receipt', async (route) => {
    const answer = await route.fetch();
    const receipt = await answer.json();
    const more = events.map(([kind, actor]) => ({ at: receipt.created_at, kind, actor }));
    await route.fulfill({ response: answer, json: { ...receipt, ...change, events: [...receipt.events, ...more] } });
  });
  await watch.page.goto(`${house.origin}/receipt#${planted.receipt}`);
  await watch.page.locator('#receipt').waitFor();
  return watch;
}

const OPENED = ['opened', 'link-holder'];
const STORIES = [
  ['waiting, one of three taken', { state: 'waiting', views_left: 2 }, [OPENED], /waits for another reader/, /2 openings are left/, /unopened/i],
  ['expired, never opened', { state: 'expired', views_left: 0 }, [['expired', 'system']], /It expired, unopened/, /Nobody opened it in time/, /had been opened/],
  ['expired, one of three taken', { state: 'expired', views_left: 0 }, [OPENED, ['expired', 'system']], /Its time was up/, /had been opened once before/, /unopened|nobody opened/i],
  ['expired, two of three taken', { state: 'expired', views_left: 0 }, [OPENED, OPENED, ['expired', 'system']], /Its time was up/, /had been opened 2 times before/, /unopened|nobody opened/i],
  ['burned by its sender', { state: 'burned', views_left: 0 }, [['burned', 'sender']], /It was burned/, /You burned it\. Nobody had opened it/, /wrong passphrases/],
  ['burned by its sender after a reader', { state: 'burned', views_left: 0 }, [OPENED, ['burned', 'sender']], /It was burned/, /You burned it\. It had been opened once before/, /Nobody had opened/],
  ['burned by guesses', { state: 'burned', views_left: 0 }, [['burned', 'system']], /It was burned/, /Too many wrong passphrases burned it/, /You burned it|Burned by you/],
  ['lost', { state: 'lost', views_left: 0 }, [['lost', 'system']], /It was lost/, /restored without its key before anybody opened it/, /Burn now\n/],
  ['lost after a reader', { state: 'lost', views_left: 0 }, [OPENED, ['lost', 'system']], /It was lost/, /opened once before/, /before anybody/],
];
for (const [name, change, events, heading, lede, never] of STORIES) {
  test(`a receipt is true: ${name}`, async () => {
    const { page, faults, context } = await told(change, events);
    assert.match(await page.textContent('#heading'), heading);
    assert.match(await page.textContent('#lede'), lede);
    assert.doesNotMatch(await said(page), never);
    assert.equal(await page.locator('#timeline li:not(.next)').count(), events.length + 1);
    assert.equal(await page.locator('#sealed').isVisible(), change.state === 'waiting');
    assert.equal(await page.locator('#burn').isVisible(), change.state === 'waiting');
    assert.equal(await page.locator('#live').isVisible(), change.state === 'waiting', 'followed until the story is over');
    assert.deepEqual(faults, []);
    await context.close();
  });
}

test('a burn or an unlocking that fails says what happened and what to do', async () => {
  const sender = await share(house, 'kept');
  const planted = await plant(house, text, { passphrase: 'right', tries: 1 });
  await take(house, planted, 1);
  const follower = await watched(house);
  await follower.page.goto(`${house.origin}/receipt#${planted.receipt}`);
  await follower.page.locator('#unlock').waitFor();
  const problem = (status, type, more) => ({ status, contentType: 'application/problem+json', body: JSON.stringify({ type: `urn:sigill:problem:${type}`, ...more }) });
  const ways = [
    [(route) => route.abort(), /No answer came.*not known.*Try again/],
    [(route) => route.fulfill(problem(429, 'too-many-requests', { retry_after: 90 })), /Nothing was done.*2 minutes/],
    [(route) => route.fulfill(problem(500, 'internal', {})), /broke on the server.*not known/],
    [(route) => route.fulfill({ status: 200, contentType: 'application/json', body: '{"outcome":' }), /No answer came/],
  ];
  for (const [answer, says] of ways) {
    for (const [{ page, context }, verb] of [[sender, 'burn'], [follower, 'unlock']]) {
      await context.route(`**/v1/receipt/${verb}`, answer);
      if (verb === 'burn') await page.click('#burn');
      await page.click(verb === 'burn' ? '#burn-yes' : '#unlock');
      await page.locator('#burn-outcome', { hasText: says }).waitFor();
      await context.unroute(`**/v1/receipt/${verb}`);
    }
  }
  await sender.page.click('#burn');
  await sender.page.click('#burn-yes');
  await sender.page.locator('#burn-outcome', { hasText: 'Burned. Nobody can open it' }).waitFor();
});

test('what was unlocked already does not say that this unlocked it', async () => {
  const planted = await plant(house, text, { passphrase: 'right', tries: 1 });
  await take(house, planted, 1);
  const { page, context, faults } = await watched(house);
  await page.goto(`${house.origin}/receipt#${planted.receipt}`);
  await page.locator('#unlock').waitFor();
  await context.route('**/v1/receipt/unlock', async (route) => {
    await route.fetch();
    await route.continue();
  });
  await page.click('#unlock');
  await page.locator('#burn-outcome', { hasText: 'It was not locked' }).waitFor();
  assert.doesNotMatch(await page.textContent('#burn-outcome'), /Unlocked/);
  assert.deepEqual(faults, []);
});

test('a receipt that the clipboard refuses is shown, to be copied by hand', async () => {
  const { page, faults } = await share(house, 'kept', undefined, { clipboard: false });
  await page.click('#keep');
  await page.locator('#receipt-link').waitFor();
  const link = await page.textContent('#receipt-link');
  assert.match(link, /\/receipt#sgr_/);
  const follower = await watched(house);
  await follower.page.goto(link);
  await follower.page.locator('h1', { hasText: 'It waits' }).waitFor();
  await page.click('#another');
  assert.equal(await page.locator('#receipt-link').textContent(), '', 'and it leaves with the rest');
  assert.deepEqual(faults, []);
});

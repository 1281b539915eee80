/**
 * The flows of a person in the pages: share, open, burn, follow.
 */

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { arrive, desk, share, start } from './house.js';
import { fate, plant } from './plant.js';

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
  const files = [{ name: `${nasty.replaceAll('/', '')}\u202efdp.exe`, type: 'text/html', bytes: new Uint8Array([60]) }];
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

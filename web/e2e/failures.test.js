/**
 * When something fails, the page says so, says only what is true about what was lost, and what to do (law 2).
 */

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { arrive, desk, share, start, watched } from './house.js';
import { fate, plant } from './plant.js';

let house;
before(async () => { house = await start(); });
after(async () => { await house.stop(); });

const shown = (page, id) => page.locator(`#${id}`).waitFor();
const text = (value) => ({ kind: 'text', text: value });

/** Lets the server answer, and alters what arrives of its first answer. */
async function damaged(context) {
  let first = true;
  await context.route('**/claim', async (route) => {
    const answer = await route.fetch();
    const body = await answer.body();
    if (first) body[body.length - 1] ^= 1;
    first = false;
    await route.fulfill({ response: answer, body });
  });
}

test('what was handed out once and does not open is gone, and the page says that', async () => {
  for (const locale of ['en-GB', 'sv-SE']) {
    const planted = await plant(house, text('once'), { strict: true });
    const { page, context, faults } = await arrive(house, planted.link, { locale });
    await damaged(context);
    await page.click('#show');
    await shown(page, 'spent');
    assert.doesNotMatch(await page.locator('main').innerText(), /Nothing was lost|Inget har g\u00e5tt f\u00f6rlorat|Try again|F\u00f6rs\u00f6k igen/);
    assert.equal((await fate(house, planted)).state, 'opened');
    assert.deepEqual(faults, []);
  }
});

test('so is what was cut off on its way', async () => {
  const cut = () => {
    const whole = Response.prototype.arrayBuffer;
    Response.prototype.arrayBuffer = function arrayBuffer() {
      return /claim$/.test(this.url) && !globalThis.mended ? Promise.reject(new TypeError('network error')) : whole.call(this);
    };
  };
  for (const strict of [true, false]) {
    const watch = await watched(house);
    await watch.context.addInitScript(cut);
    await watch.page.goto((await plant(house, text('once'), { strict })).link);
    await watch.page.click('#show');
    await shown(watch.page, strict ? 'spent' : 'fault');
    assert.doesNotMatch(await watch.page.locator('main').innerText(), /Nothing was lost|Nothing has happened/);
    if (!strict) {
      await watch.page.evaluate(() => { globalThis.mended = true; });
      await watch.page.click('#show');
      await shown(watch.page, 'revealed');
    }
    assert.deepEqual(watch.faults, []);
  }
});

test('what arrived damaged is fetched again by the same page', async () => {
  const { page, context, faults } = await arrive(house, (await plant(house, text('again'))).link);
  await damaged(context);
  await page.click('#show');
  await page.locator('#fault', { hasText: 'could not be opened. Try again now' }).waitFor();
  assert.doesNotMatch(await page.locator('main').innerText(), /Nothing was lost|Nothing has happened/);
  await page.click('#show');
  await shown(page, 'revealed');
  assert.equal(await page.locator('.value-text').textContent(), 'again');
  assert.deepEqual(faults, []);
});

test('a browser that cannot stretch a passphrase says so, and has asked for nothing', async () => {
  const broken = () => {
    globalThis.Worker = class extends EventTarget {
      postMessage() { queueMicrotask(() => this.dispatchEvent(new MessageEvent('message', { data: null }))); }

      terminate() {}
    };
  };
  const planted = await plant(house, text('kept'), { passphrase: 'right' });
  const reader = await watched(house);
  await reader.context.addInitScript(broken);
  await reader.page.goto(planted.link);
  await reader.page.fill('#passphrase', 'right');
  await reader.page.click('#show');
  await reader.page.locator('#fault', { hasText: 'could not open it. Nothing was lost' }).waitFor();
  const sender = await watched(house);
  await sender.context.addInitScript(broken);
  await sender.page.goto(house.origin);
  await sender.page.fill('#secret', 'kept');
  await sender.page.click('#term-pass');
  await sender.page.fill('#pass', 'right');
  await sender.page.click('#submit');
  await sender.page.locator('#fault', { hasText: 'could not seal it. Nothing was sent' }).waitFor();
  assert.equal(await sender.page.inputValue('#secret'), 'kept');
  for (const { requests, faults } of [reader, sender]) {
    assert.deepEqual(requests.filter(({ url }) => url.includes('/v1/')), []);
    assert.deepEqual(faults, [], 'it is no bug of ours');
  }
});

test('a lost answer to a creation makes no second secret, until something changes', async () => {
  const { page, context, requests } = await desk(house);
  const made = [];
  let lost = 2;
  await context.route('**/v1/secrets', async (route) => {
    const answer = await route.fetch();
    made.push((await answer.json()).id);
    lost -= 1;
    return lost >= 0 ? route.abort() : route.fulfill({ response: answer });
  });
  await page.fill('#secret', 'first');
  await page.click('#submit');
  await shown(page, 'fault');
  await page.fill('#secret', 'second');
  await page.click('#submit');
  await page.locator('#submit:enabled').waitFor();
  await page.click('#submit');
  await shown(page, 'done');
  const keys = requests.filter(({ method }) => method === 'POST').map(({ headers }) => headers['idempotency-key']);
  assert.deepEqual([new Set(keys).size, keys[1], made[1]], [2, keys[2], made[2]]);
  assert.notEqual(made[0], made[1]);
  const reader = await arrive(house, await page.textContent('#link'));
  await reader.page.click('#show');
  await shown(reader.page, 'revealed');
  assert.equal(await reader.page.locator('.value-text').textContent(), 'second');
});

test('a refusal is said in the language of the page', async () => {
  const { page, context } = await desk(house, { locale: 'sv-SE' });
  await context.route('**/v1/secrets', (route) => route.fulfill({
    status: 422, contentType: 'application/problem+json', body: '{"type":"urn:sigill:problem:invalid","detail":"Nothing was done: views must be whole."}',
  }));
  await page.fill('#secret', 'kvar');
  await page.click('#submit');
  await page.locator('#fault', { hasText: 'godtog inte' }).waitFor();
  assert.doesNotMatch(await page.textContent('#fault'), /Nothing|views/);
  assert.equal(await page.inputValue('#secret'), 'kvar');
});

test('a page whose texts or module do not come says so and offers to reload', async () => {
  const { link } = await plant(house, text('kept'));
  for (const [path, alive] of [[house.origin, '#submit:enabled'], [link, '#ready'], [`${house.origin}/receipt#sgr_x`, 'h1:has-text("No such receipt")']]) {
    const { page, context } = await watched(house);
    await context.route('**/l10n/**', (route) => route.abort());
    await page.goto(path);
    await page.locator('#reload').waitFor();
    await context.unroute('**/l10n/**');
    await page.click('#reload');
    await page.locator(alive).waitFor();
    assert.equal(new URL(page.url()).hash, '');
    await context.close();
    const bare = await watched(house);
    await bare.context.route('**/js/dom.js', (route) => route.abort());
    await bare.page.goto(path);
    assert.equal(await bare.page.locator('#late').isVisible(), false, 'not before its time');
    await bare.page.locator('#late').evaluate((late) => late.getAnimations().forEach((wait) => wait.finish()));
    assert.match(await bare.page.locator('#late').innerText(), /Reload the page/);
    await bare.context.close();
  }
});

test('the switch of language leaves no capability in the history (R90)', async () => {
  const planted = await plant(house, text('kept'));
  for (const link of [planted.link, `${house.origin}/receipt#${planted.receipt}`]) {
    const { page, context, faults } = await arrive(house, link);
    const wire = await context.newCDPSession(page);
    const before = (await wire.send('Page.getNavigationHistory')).entries.length;
    await page.click('#language');
    await page.locator('html[lang=sv]').waitFor();
    await page.locator('#late').waitFor({ state: 'detached' });
    const { entries } = await wire.send('Page.getNavigationHistory');
    assert.equal(entries.length, before);
    assert.deepEqual(entries.filter(({ url }) => url.includes('#')), []);
    assert.doesNotMatch(await page.locator('h1:visible').textContent(), /saknas|Inget s\u00e5dant/, 'it still has what it needs');
    await page.goBack();
    assert.equal(page.url(), 'about:blank');
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test('the switch of language asks before it throws away what was written', async () => {
  const { page } = await desk(house);
  const answers = ['dismiss', 'accept'];
  let asked = 0;
  page.on('dialog', (dialog) => { asked += 1; return dialog[answers.shift()](); });
  await page.fill('#secret', 'kept');
  await page.click('#language');
  assert.deepEqual([asked, await page.inputValue('#secret'), await page.getAttribute('html', 'lang')], [1, 'kept', 'en']);
  await page.click('#language');
  await page.locator('html[lang=sv]').waitFor();
  await page.locator('#submit:enabled').waitFor();
  await page.click('#language');
  await page.locator('html[lang=en]').waitFor();
  assert.equal(asked, 2, 'nothing is asked where nothing is lost');
});

test('a file that is dropped does not take the page away', async () => {
  const { page, faults } = await desk(house);
  await page.fill('#secret', 'kept');
  const prevented = await page.evaluate(() => ['#secret', 'body'].flatMap((at) => ['dragover', 'drop'].map((type) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['x'], 'x.txt'));
    const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
    document.querySelector(at).dispatchEvent(event);
    return event.defaultPrevented;
  })));
  assert.deepEqual(prevented, [true, true, true, true]);
  await page.locator('#fault', { hasText: 'sigill share FILE' }).waitFor();
  assert.equal(await page.inputValue('#secret'), 'kept');
  assert.deepEqual(faults, []);
});

test('a script that clicks by itself gets nothing (R9)', async () => {
  const planted = await plant(house, text('kept'));
  const { page, context, requests } = await watched(house);
  await context.addInitScript(() => {
    const press = () => {
      const button = document.querySelector('#show');
      if (!button?.checkVisibility()) return requestAnimationFrame(press);
      button.click();
      document.querySelector('#ready').requestSubmit();
      document.querySelector('#ready').dispatchEvent(new SubmitEvent('submit', { cancelable: true }));
      document.documentElement.dataset.pressed = 'yes';
      return null;
    };
    press();
  });
  await page.goto(planted.link);
  await page.locator('html[data-pressed=yes]').waitFor();
  await page.waitForLoadState('networkidle');
  assert.deepEqual(requests.filter(({ method }) => method !== 'GET'), []);
  assert.equal((await fate(house, planted)).state, 'waiting');
  await page.click('#show');
  await shown(page, 'revealed');
});

test('the page offers what this instance allows, and no more (R38, R51)', async () => {
  const small = await house.instance(['--max-lifetime', '3d', '--max-envelope', '4KiB']);
  try {
    const { page, requests, faults } = await desk(small);
    assert.deepEqual(await page.locator('#ticks span').evaluateAll((all) => all.map((tick) => tick.dataset.seconds)), ['300', '3600', '14400', '86400', '259200']);
    await page.click('#term-expiry');
    assert.equal(await page.getAttribute('#expiry', 'max'), '4');
    await page.fill('#expiry', '4');
    assert.equal(await page.textContent('#term-expiry'), 'for 3 days');
    await page.fill('#secret', 'x');
    await page.fill('#exact', '4');
    await page.click('#submit');
    await page.locator('#fault', { hasText: 'from 1 minute to 3 days' }).waitFor();
    await page.fill('#exact', '3');
    await page.fill('#secret', 'x'.repeat(5000));
    await page.click('#submit');
    await page.locator('#fault', { hasText: 'At most 4.1 kB' }).waitFor();
    assert.deepEqual(requests.filter(({ method }) => method !== 'GET'), [], 'refused before anything is sent');
    await page.fill('#secret', 'x');
    await page.click('#submit');
    await shown(page, 'done');
    assert.deepEqual(faults, []);
  } finally {
    await small.stop();
  }
  const brief = await house.instance(['--max-lifetime', '2m']);
  try {
    const { page } = await desk(brief);
    assert.equal(await page.textContent('#term-expiry'), 'for 2 minutes');
    await page.click('#term-expiry');
    assert.equal(await page.locator('#expiry').isVisible(), false, 'one step is no choice');
    await page.fill('#secret', 'x');
    await page.click('#submit');
    await shown(page, 'done');
  } finally {
    await brief.stop();
  }
});

test('fields keep their spaces and line breaks on the screen (R50)', async () => {
  const value = 'two  spaces\n  and a line';
  const { page } = await arrive(house, (await plant(house, { kind: 'fields', fields: [{ role: 1, label: '', value }] })).link);
  await page.click('#show');
  await shown(page, 'revealed');
  assert.equal(await page.locator('.fields .value').innerText(), value);
});

test('a suggested passphrase is copied where it stands', async () => {
  const { page, faults } = await desk(house);
  await page.click('#term-pass');
  await page.click('#suggest');
  await page.click('#pass-copy');
  await page.locator('#pass-copy', { hasText: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await page.inputValue('#pass'));
  assert.deepEqual(faults, []);
});

/**
 * Every page in every state, in both languages: nobody is kept out (axe, by day and by night), nothing
 * scrolls sideways on a small screen or at 200 % zoom, and nothing is done that no page may do (R87-R91).
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { start, watched } from './house.js';
import { SCENES } from './scenes.js';

const AXE = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

let house;
before(async () => { house = await start(); });
after(async () => { await house.stop(); });

/** A page that runs no scripts, as it is shown, on one that lets axe run. */
async function revived(page) {
  const { context, page: copy } = await watched(house, { locale: 'en-GB' });
  const html = (await page.content()).replaceAll(/<script.*?<\/script>/g, '').replaceAll(/<(\/?)noscript>/g, '<$1div>');
  await context.route(page.url(), (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await copy.goto(page.url());
  await copy.evaluate(() => document.querySelectorAll('.scripted').forEach((element) => element.remove()));
  return copy;
}

/** What axe finds, as lines that say where. */
async function barriers(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: tags }), TAGS);
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}

const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

describe('every page', { concurrency: 4 }, () => {
  for (const [name, scene] of Object.entries(SCENES)) {
    for (const locale of ['en-GB', 'sv-SE']) {
      test(`${name} in ${locale.slice(0, 2)}`, { timeout: 60000 }, async () => {
        const { page, faults, context, still } = await scene(house, { locale, reducedMotion: 'reduce' });
        assert.equal(await page.getAttribute('html', 'lang'), locale.slice(0, 2));
        assert.equal(await page.locator('h1:visible').count(), 1, 'one heading says where the reader is');
        assert.doesNotMatch(await page.locator('body').innerText(), /\?\?|undefined|\{|null/);
        const read = still ? await revived(page) : page;
        for (const colorScheme of ['light', 'dark']) {
          await read.emulateMedia({ colorScheme });
          assert.deepEqual(await barriers(read), [], colorScheme);
        }
        if (still) await read.context().close();
        // 640 pixels are 1280 at 200 % zoom.
        for (const width of [1280, 640, 320]) {
          await page.setViewportSize({ width, height: 800 });
          assert.equal(await overflow(page), 0, `sideways at ${width}`);
        }
        assert.deepEqual(faults, []);
        await context.close();
      });
    }
  }
});

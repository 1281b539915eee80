/**
 * Between page and terminal: each opens what the other sealed, through the same server.
 */

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { arrive, share, start } from './house.js';

let house;
before(async () => { house = await start(); });
after(async () => { await house.stop(); });

test('the page opens what the terminal sealed, and the other way round', async () => {
  const text = 'from the terminal \u00e5\u00e4\u00f6\n';
  const shared = house.cli(['share', '--server', house.origin], { input: text });
  assert.equal(shared.status, 0, shared.stderr);
  const { page } = await arrive(house, shared.stdout.trim());
  await page.click('#show');
  await page.locator('#revealed').waitFor();
  assert.equal(await page.locator('.value-text').textContent(), text);
  const { link } = await share(house, 'from the page \u00e5\u00e4\u00f6');
  const opened = house.cli(['open', '-'], { input: link });
  assert.equal(opened.stdout, 'from the page \u00e5\u00e4\u00f6', opened.stderr);
});

/**
 * Takes a picture of every page in every state: 1280 and 360 pixels wide, by day and by night, in both
 * languages. For people who look at a change: node shots.js DIR [NAMES...]
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { start } from './house.js';
import { SCENES } from './scenes.js';

const [dir, ...names] = process.argv.slice(2);
mkdirSync(dir, { recursive: true });
const wanted = names.length ? names : Object.keys(SCENES);
const house = await start();
try {
  for (const name of wanted) {
    for (const locale of ['en-GB', 'sv-SE']) {
      const { page, context } = await SCENES[name](house, { locale, reducedMotion: 'reduce' });
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 800 });
        for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
          await page.emulateMedia({ colorScheme });
          const language = locale.slice(0, 2);
          await page.screenshot({ path: join(dir, `${name}-${language}-${width}-${colorScheme}.png`), fullPage: true });
        }
      }
      await context.close();
    }
    console.log(name);
  }
} finally {
  await house.stop();
}

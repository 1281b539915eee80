// @ts-check
/**
 * Argon2id off the page's thread, so that the page stays alive while a passphrase is stretched. Gets
 * the passphrase in one message and ends after its answer: the key, or nothing where there is no memory for it.
 */

import { argon2id } from './argon2.js';

self.addEventListener('message', async (event) => {
  self.postMessage(await argon2id(event.data).catch(() => null));
});

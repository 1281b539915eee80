// @ts-check
/**
 * The pages of an account: times as the reader's clock has them, copying, and the code that an authenticator reads.
 * Everything works without.
 */

import './passkeys.js';
import './sealed.js';
import { generate } from '../vendor/lean-qr/index.mjs';

/** The vendored module brings no types. @type {(text: string) => { toCanvas: (canvas: HTMLCanvasElement, look: object) => void }} */
const encode = /** @type {any} */ (generate);

const canvas = /** @type {HTMLCanvasElement | null} */ (document.getElementById('qr'));
if (canvas?.dataset.text) {
  encode(canvas.dataset.text).toCanvas(canvas, { on: [0x1b, 0x21, 0x2c, 255], off: [255, 255, 255, 255], pad: 2 });
}

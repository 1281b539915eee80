// @ts-check
/**
 * Back from a provider of identities: presses the one button of the page, once somebody looks at it. A page
 * that a browser fetches ahead of time presses nothing, and the page works without.
 */

const form = /** @type {HTMLFormElement} */ (document.querySelector('form.returning'));
const go = () => form.requestSubmit();
if (/** @type {Document & { prerendering?: boolean }} */ (document).prerendering) {
  document.addEventListener('prerenderingchange', go, { once: true });
} else {
  go();
}

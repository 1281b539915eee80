// @ts-check
/**
 * A page that a mailed or printed link opens: takes the token from behind the `#` into its form, and out of the
 * address bar. Nothing is sent before somebody presses the button.
 */

const token = location.hash.slice(1);
const field = /** @type {HTMLInputElement | null} */ (document.getElementById('token'));
if (token && field) {
  field.value = decodeURIComponent(token);
  history.replaceState(null, '', location.pathname + location.search);
  /** @type {HTMLElement} */ (document.getElementById('by-hand')).hidden = true;
}

// @ts-check
/**
 * An invitation: takes the code out of the address, puts it into the form, and keeps it in this tab while
 * somebody signs in. The page does without: the code can be pasted.
 */

const KEPT = 'invitation';
const field = /** @type {HTMLInputElement} */ (document.getElementById('token'));

const said = location.hash.slice(1);
if (said) {
  // Nothing that accepts an invitation stays in an address.
  history.replaceState(null, '', location.pathname + location.search);
  sessionStorage.setItem(KEPT, said);
}
const kept = sessionStorage.getItem(KEPT);
if (kept && !field.value) field.value = kept;

for (const form of document.querySelectorAll('form[data-accepts]')) {
  form.addEventListener('submit', () => sessionStorage.removeItem(KEPT));
}

export {};

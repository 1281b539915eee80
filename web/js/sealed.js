// @ts-check
/**
 * What the server has sealed: says times as the reader's clock has them, and copies. The page does without,
 * so this fetches nothing: what a button says stands beside it.
 */

const { lang } = document.documentElement;
const region = navigator.languages.find((tag) => tag.startsWith(lang)) ?? lang;
const short = new Intl.DateTimeFormat(region, { weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' });
const exact = new Intl.DateTimeFormat(region, { dateStyle: 'full', timeStyle: 'long' });

for (const time of document.querySelectorAll('time')) {
  const at = new Date(time.dateTime);
  time.textContent = short.format(at);
  time.title = exact.format(at);
}

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const { from = '', copied = '', failed = '' } = button.dataset;
  const says = /** @type {HTMLElement} */ (button.querySelector('.says'));
  const before = says.textContent;
  try {
    await navigator.clipboard.writeText(document.getElementById(from)?.textContent ?? '');
    says.textContent = copied;
    button.classList.add('done');
  } catch {
    says.textContent = failed;
  }
  setTimeout(() => {
    says.textContent = before;
    button.classList.remove('done');
  }, 3000);
}

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll('button.copy'))) {
  button.hidden = !navigator.clipboard;
  button.addEventListener('click', () => copy(button));
}

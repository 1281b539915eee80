// @ts-check
/**
 * Passkeys, as a browser has them: making one, and signing in, finishing and confirming with one. The server
 * asks, an authenticator answers, and the answer goes back with the ticket of that very question. The page
 * brings its texts along; without this module it has one way less, and is whole.
 */

/** What went wrong, as the page says it: the name of one of its texts. */
class Trouble extends Error {}

/** What the server says no with, and how the page says that. @type {Record<string, string>} */
const SAID = {
  'passkey-known': 'there',
  'passkey-refused': 'refused',
  'too-many-requests': 'often',
  overloaded: 'often',
};

/** Where somebody has to go first. @type {Record<string, string>} */
const ELSEWHERE = { 'confirmation-required': '/confirm', unauthenticated: '/sign-in' };

/** @param {string} text */
const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));

/** @param {ArrayBuffer} buffer */
const base64url = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** @typedef {{ id: string, type: 'public-key' }} Named */

/** @param {Named[]} named */
const known = (named) => named.map(({ id, type }) => ({ id: bytes(id), type }));

/** Asks the server. @param {HTMLElement} place @param {'begin'|'end'} step @param {object} body */
async function ask(place, step, body) {
  const headers = { 'content-type': 'application/json', 'sigill-csrf': place.dataset.csrf ?? '' };
  let response;
  try {
    response = await fetch(`/v1/passkeys/${place.dataset.passkeys}/${step}`, {
      method: 'POST', body: JSON.stringify(body), headers, cache: 'no-store', credentials: 'same-origin', redirect: 'error',
    });
  } catch {
    throw new Trouble('offline');
  }
  const said = await response.json().catch(() => ({}));
  if (response.ok) return said;
  const problem = String(said.type ?? '').split(':').pop() ?? '';
  const elsewhere = ELSEWHERE[problem];
  if (!elsewhere) throw new Trouble(SAID[problem] ?? 'failed');
  location.assign(`${elsewhere}?next=${encodeURIComponent(location.pathname)}`);
  // The page is left: nothing comes after this.
  return new Promise(() => {});
}

/** What a browser says when no authenticator has answered. @param {unknown} error @param {number} late */
function trouble(error, late) {
  if (error instanceof Trouble) return error.message;
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'InvalidStateError') return 'there';
  if (name === 'SecurityError') return 'elsewhere';
  // Closed, or nobody came: a browser does not say which.
  if (name === 'NotAllowedError' || name === 'TimeoutError') return performance.now() >= late ? 'late' : 'cancelled';
  return 'unable';
}

/** @param {PublicKeyCredential} made @param {Record<string, ArrayBuffer|null>} parts */
function answer(made, parts) {
  const response = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part && base64url(part)]));
  return { id: made.id, rawId: base64url(made.rawId), type: made.type, response };
}

/** Has a passkey made. @param {any} options */
async function make(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: known(options.excludeCredentials ?? []),
  };
  const made = /** @type {PublicKeyCredential} */ (await navigator.credentials.create({ publicKey }));
  const { attestationObject, clientDataJSON } = /** @type {AuthenticatorAttestationResponse} */ (made.response);
  return answer(made, { attestationObject, clientDataJSON });
}

/** Has a passkey answer. @param {any} options @param {CredentialRequestOptions} how */
async function show(options, how) {
  const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: known(options.allowCredentials) };
  const shown = /** @type {PublicKeyCredential} */ (await navigator.credentials.get({ ...how, publicKey }));
  const { authenticatorData, clientDataJSON, signature, userHandle } = /** @type {AuthenticatorAssertionResponse} */ (shown.response);
  return answer(shown, { authenticatorData, clientDataJSON, signature, userHandle });
}

/** One ceremony from the question to the answer. @param {HTMLElement} place @param {CredentialRequestOptions} how */
async function ceremony(place, how) {
  const { ticket, options } = await ask(place, 'begin', {});
  const late = performance.now() + options.timeout - 1000;
  try {
    const credential = await (place.dataset.passkeys === 'new' ? make(options) : show(options, how));
    const label = place.querySelector('input')?.value.trim();
    await ask(place, 'end', { ticket, credential, ...(label && { label }) });
  } catch (error) {
    throw new Trouble(trouble(error, late));
  }
  location.assign(place.dataset.next ?? '/');
}

/** The part of a page that uses passkeys. @param {HTMLElement} place */
function serve(place) {
  const button = /** @type {HTMLButtonElement} */ (place.querySelector('button'));
  const says = /** @type {HTMLElement} */ (place.querySelector('[role=alert]'));
  /** @param {string} name */
  const say = (name) => { says.textContent = place.dataset[name] ?? ''; };
  if (!globalThis.PublicKeyCredential) {
    say('none');
    return;
  }
  let offer = new AbortController();
  const use = async () => {
    offer.abort();
    say('');
    button.disabled = true;
    try {
      await ceremony(place, {});
    } catch (error) {
      say(trouble(error, Infinity));
      button.disabled = false;
      button.focus();
    }
  };
  const form = place.querySelector('form');
  if (form) form.addEventListener('submit', (event) => { event.preventDefault(); use(); });
  else button.addEventListener('click', use);
  for (const hidden of place.querySelectorAll('[data-scripted]')) /** @type {HTMLElement} */ (hidden).hidden = false;

  /** Lets the browser offer passkeys where a name would be typed. Somebody who types goes on undisturbed. */
  const lend = async () => {
    if (!await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
    offer = new AbortController();
    await ceremony(place, { mediation: 'conditional', signal: offer.signal });
  };
  if (place.dataset.passkeys === 'sign-in') {
    lend().catch((error) => {
      const name = trouble(error, Infinity);
      if (name === 'refused') say(name);
    });
  }
}

for (const place of document.querySelectorAll('[data-passkeys]')) serve(/** @type {HTMLElement} */ (place));

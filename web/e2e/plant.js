/**
 * Secrets that are planted through the API, sealed by the same modules that the pages use: for whatever a
 * sender cannot do on the create page (files, tokens that a test must hold, readers that never confirm).
 */

import { argon2id } from '../js/envelope/argon2.js';
import { base58, base64url, hash, random } from '../js/envelope/bytes.js';
import { seal } from '../js/envelope/envelope.js';
import { Keys } from '../js/envelope/keys.js';
import { ARGON2ID, NONE, encodeKey, parseId } from '../js/envelope/link.js';
import { claimToken, receiptToken } from '../js/envelope/token.js';

/**
 * @param {{ origin: string }} house @param {import('../js/envelope/envelope.js').Content} content
 * @param {{ passphrase?: string, seconds?: number, views?: number, tries?: number, action?: 'lock'|'burn', strict?: boolean }} [terms]
 */
export async function plant(house, content, terms = {}) {
  const { passphrase = null, seconds = 86400, views = 1, tries = 20, action = 'lock', strict = false } = terms;
  const key = { bytes: random(32), profile: passphrase === null ? NONE : ARGON2ID };
  const keys = await Keys.derive(key, passphrase, argon2id);
  const secret = random(32);
  const body = new FormData();
  body.append('terms', new Blob([JSON.stringify({
    link_proof_hash: base64url(await hash(await keys.linkProof())),
    proof_hash: base64url(await hash(await keys.proof())),
    receipt_hash: base64url(await hash(secret)),
    expires_in: seconds,
    views,
    failed_passphrases: { limit: tries, action },
    strict,
  })], { type: 'application/json' }));
  body.append('envelope', new Blob([await seal(keys, random(16), content)], { type: 'application/octet-stream' }));
  const headers = { 'idempotency-key': base58(random(24)) };
  const answer = await fetch(`${house.origin}/v1/secrets`, { method: 'POST', body, headers });
  const created = await answer.json();
  if (!answer.ok) throw new Error(JSON.stringify(created));
  const id = parseId(created.id);
  return {
    id: created.id,
    keys,
    link: `${created.url}#${await encodeKey(id, key)}`,
    receipt: await receiptToken(id, secret),
  };
}

/** Claims a planted secret as somebody who never confirms, or guesses. */
export async function take(house, planted, guess = null) {
  const proof = guess === null ? await planted.keys.proof() : new Uint8Array(32).fill(guess);
  return fetch(`${house.origin}/v1/secrets/${planted.id}/claim`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      link_proof: base64url(await planted.keys.linkProof()),
      proof: base64url(proof),
      claim_token: claimToken(random(32)),
    }),
  });
}

/** What the receipt says. */
export async function fate(house, planted) {
  const headers = { authorization: `Bearer ${planted.receipt}` };
  return (await fetch(`${house.origin}/v1/receipt`, { headers })).json();
}

export async function burn(house, planted) {
  const headers = { authorization: `Bearer ${planted.receipt}` };
  return fetch(`${house.origin}/v1/receipt/burn`, { method: 'POST', headers });
}

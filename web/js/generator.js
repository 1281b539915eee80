// @ts-check
/**
 * Passwords and passphrases by chance alone. Every choice is even (no remainder favours anything), and the
 * bits that are promised are the bits that are drawn.
 */

/** Without what is confused when read: no 0 O 1 l I. */
const CHARACTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_.+*';
const CONSONANTS = 'bdfghjklmnprstvz';
const VOWELS = 'aeiou';
/** A word is consonant, vowel, consonant, vowel, consonant: easy to say in any language. */
const WORD = [CONSONANTS, VOWELS, CONSONANTS, VOWELS, CONSONANTS];

/** One of so many, each as likely as the other. @param {number} count */
function pick(count) {
  const bound = 256 - (256 % count);
  const byte = new Uint8Array(1);
  do crypto.getRandomValues(byte); while (byte[0] >= bound);
  return byte[0] % count;
}

/** @param {string} letters */
const letter = (letters) => letters[pick(letters.length)];

/** @param {number} length */
export function characters(length) {
  const text = Array.from({ length }, () => letter(CHARACTERS)).join('');
  return { text, bits: Math.floor(length * Math.log2(CHARACTERS.length)) };
}

/** @param {number} count */
export function words(count) {
  const word = () => WORD.map(letter).join('');
  const bits = WORD.reduce((sum, letters) => sum + Math.log2(letters.length), 0);
  return { text: Array.from({ length: count }, word).join('-'), bits: Math.floor(count * bits) };
}

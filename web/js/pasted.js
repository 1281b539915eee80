// @ts-check
/**
 * What a reader pastes when the link did not arrive whole: the link again, or the key that came apart.
 */

/** Why a link does not open, in the words of the page. @param {string} code */
export function reason(code) {
  if (code === 'missing-key') return 'missing';
  if (code === 'cut') return 'cut';
  return ['unknown-version', 'unknown-profile'].includes(code) ? 'version' : 'mistyped';
}

/**
 * The id, where there is one, and the key. Space around and line breaks inside are what mail programs add.
 * @param {string} text @returns {{ id: string, key: string }}
 */
export function pasted(text) {
  const whole = text.replaceAll(/\s/g, '');
  const [address, ...rest] = whole.split('#');
  const id = /\/s\/([^/?]+)/.exec(address)?.[1] ?? '';
  if (rest.length) return { id, key: rest.join('#') };
  return id ? { id, key: '' } : { id: '', key: address };
}

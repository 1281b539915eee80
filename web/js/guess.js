// @ts-check
/**
 * The guess that a pasted text is a user name and a password: the form offers fields, and never insists.
 */

/** @typedef {'user'|'password'|'address'|'note'} RoleName */

const USER = /^\s*(?:user(?:\s*name)?|login|e-?mail|account|anv(?:\u00e4|a)ndar(?:e|namn)|konto)\s*[:=]\s*(.+?)\s*$/i;
const PASSWORD = /^\s*(?:pass(?:word|phrase|wd)?|pwd|pin|l(?:\u00f6|o)senord|l(?:\u00f6|o)senfras)\s*[:=]\s*(.+?)\s*$/i;
const ADDRESS = /^\s*(?:(?:url|address|site|link|adress|l(?:\u00e4|a)nk)\s*[:=]\s*)?(https?:\/\/\S+)\s*$/i;

/**
 * Reads a pasted user name and password; `null` when it is something else.
 * @param {string} text @returns {{ role: RoleName, value: string }[]|null}
 */
export function guess(text) {
  /** @type {{ role: RoleName, value: string }[]} */
  const found = [];
  const rest = [];
  for (const line of text.split(/\r?\n/)) {
    const user = USER.exec(line);
    const password = PASSWORD.exec(line);
    const address = ADDRESS.exec(line);
    if (user) found.push({ role: 'user', value: user[1] });
    else if (password) found.push({ role: 'password', value: password[1] });
    else if (address) found.push({ role: 'address', value: address[1] });
    else if (line.trim()) rest.push(line);
  }
  const has = (/** @type {RoleName} */ role) => found.filter((field) => field.role === role).length === 1;
  if (!has('user') || !has('password')) return null;
  return rest.length ? [...found, { role: 'note', value: rest.join('\n') }] : found;
}

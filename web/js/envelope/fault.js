// @ts-check
/**
 * Why something does not open: the closed list of docs/spec/envelope.md, section 5.
 */

/** @typedef {'bad-header'|'bad-manifest'|'bad-padding'|'cut'|'damaged'|'excessive-work'|'missing-key'|'mistyped'|'unknown-format'|'unknown-profile'|'unknown-version'|'wrong-key'|'wrong-proof'} Code */

/** A link, an envelope or a token that was refused. */
export class Fault extends Error {
  /** @param {Code} code */
  constructor(code) {
    super(code);
    this.name = 'Fault';
    /** @type {Code} */
    this.code = code;
  }
}

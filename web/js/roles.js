// @ts-check
/**
 * The names of fields by their number in the manifest.
 */

import { ROLES } from './envelope/envelope.js';

/** @type {Record<number, string>} */
export const FIELDS_BY_ROLE = Object.fromEntries(Object.entries(ROLES).map(([name, role]) => [role, name]));

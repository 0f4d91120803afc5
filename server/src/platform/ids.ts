// Ids with a prefix that says what they name, and 128 bits that sort by time of creation (UUID version 7 in base 32),
// so that rows created together are stored together in an index. Which prefixes exist is the domain's choice.
import { typeid } from 'typeid-js';

/** A new id, for instance `req_01kav8…`. Ids created later sort later. */
export function newPrefixedId(prefix: string): string {
  return typeid(prefix).toString();
}

/** Whether a text has the form of such an id. Saves a query for what cannot exist. */
export function isPrefixedId(prefix: string, text: string): boolean {
  return text.startsWith(`${prefix}_`) && /^[0-9a-z]{26}$/.test(text.slice(prefix.length + 1));
}

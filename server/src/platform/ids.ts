// Ids with a prefix for their type and 128 bits that sort by time of creation (UUID version 7 in base 32), so that rows
// created together are stored together in an index. The domain defines the prefixes.
import { typeid } from 'typeid-js';

/** Returns a new id, such as `req_01kav8…`. Ids created later sort later. */
export function newPrefixedId(prefix: string): string {
  return typeid(prefix).toString();
}

/** Returns true if a text has the form of such an id. Saves a query for ids that cannot exist. */
export function isPrefixedId(prefix: string, text: string): boolean {
  return text.startsWith(`${prefix}_`) && /^[0-9a-z]{26}$/.test(text.slice(prefix.length + 1));
}

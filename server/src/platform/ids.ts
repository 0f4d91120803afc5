// Ids of our own objects: a prefix that says what it is, and 128 bits that sort by time of creation
// (UUID version 7 in base 32), so that rows made together lie together in an index.
import { typeid } from 'typeid-js';

export type IdPrefix = 'org' | 'acc' | 'post' | 'slot' | 'med' | 'key' | 'req' | 'bat' | 'whk';

/** A new id, for instance `post_01kav8…`. Ids made later sort later. */
export function newId(prefix: IdPrefix): string {
  return typeid(prefix).toString();
}

/** Whether a text could be an id of ours at all. Saves a query for what can't exist. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && /^[0-9a-z]{26}$/.test(text.slice(prefix.length + 1));
}

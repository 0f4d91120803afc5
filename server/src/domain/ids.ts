// The prefixes of the product's ids. All code that creates or recognizes ids uses these functions.
import { isPrefixedId, newPrefixedId } from '../platform/ids.ts';
import { type NumberedIds, numberedIdsOf } from '../platform/numbered-ids.ts';

export const idPrefixes = ['org', 'acc', 'post', 'slot', 'med', 'key', 'bat', 'whk'] as const;
export type IdPrefix = (typeof idPrefixes)[number];

/** The prefixes of rows that the database numbers: events and webhook deliveries. */
export const numberedIdPrefixes = ['evt', 'whd'] as const;

/** Creates an id, for example `post_01kav8…`. Ids created later sort later. */
export const newId: (prefix: IdPrefix) => string = newPrefixedId;

/** Whether a text has the form of such an id. Saves a query for an id that cannot exist. */
export const isId: (prefix: IdPrefix, text: string) => boolean = isPrefixedId;

/** The conversion between numbers of rows and ids. */
export const numberedIds: (prefix: (typeof numberedIdPrefixes)[number]) => NumberedIds = numberedIdsOf;

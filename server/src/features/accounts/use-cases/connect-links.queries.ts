// SQL of links with which the owner of an account connects it through the consent page.
import type { Selectable } from 'kysely';
import { addMs } from '../../../platform/clock.ts';
import { type Connection, json, type Schema } from '../../../platform/db/index.ts';
import type { Actor } from '../../../platform/use-case/index.ts';

export type ConnectLinkRow = Selectable<Schema['connect_links']>;

/** A link past its time still leads back to the app that created it, for a day. */
const linkRetentionMs = 24 * 3600 * 1000;

type NewLink = Omit<ConnectLinkRow, 'actor' | 'state_hash' | 'browser_hash' | 'finished_at'>;

/** Stores a link, and deletes those that expired long ago. */
export async function insertLink(
  connection: Connection,
  { actor, ...link }: NewLink & { actor: Actor },
  now: Date,
): Promise<void> {
  await connection
    .deleteFrom('connect_links')
    .where('expires_at', '<=', addMs(now, -linkRetentionMs))
    .execute();
  await connection
    .insertInto('connect_links')
    .values({ ...link, actor: json(actor) })
    .execute();
}

/** Whether an organization has this many links that are neither used nor expired. */
export async function hasOpenLinks(
  connection: Connection,
  { organizationId, count, now }: { organizationId: string; count: number; now: Date },
): Promise<boolean> {
  const row = await connection
    .selectFrom('connect_links')
    .select('link_hash')
    .where('organization_id', '=', organizationId)
    .where('finished_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('expires_at')
    .offset(count - 1)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Finds a link, also one that is used or expired. */
export async function findLink(
  connection: Connection,
  linkHash: Buffer,
): Promise<ConnectLinkRow | undefined> {
  return connection
    .selectFrom('connect_links')
    .selectAll()
    .where('link_hash', '=', linkHash)
    .executeTakeFirst();
}

/** Stores the secrets of the browser that goes to Pinterest. Only the browser that went last can finish. */
export async function startLink(
  connection: Connection,
  {
    linkHash,
    now,
    ...change
  }: { linkHash: Buffer; now: Date; stateHash: Buffer; browserHash: Buffer; until: Date },
): Promise<boolean> {
  const row = await connection
    .updateTable('connect_links')
    .set({ state_hash: change.stateHash, browser_hash: change.browserHash, expires_at: change.until })
    .where('link_hash', '=', linkHash)
    .where('finished_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('link_hash')
    .executeTakeFirst();
  return row !== undefined;
}

interface BrowserSecrets {
  stateHash: Buffer;
  browserHash: Buffer;
}

/** Marks a link as used and returns it, so that it works once. Undefined when it is unknown, used, expired, or another browser's. */
export async function takeLink(
  connection: Connection,
  { stateHash, browserHash }: BrowserSecrets,
  now: Date,
): Promise<ConnectLinkRow | undefined> {
  return connection
    .updateTable('connect_links')
    .set({ finished_at: now })
    .where('state_hash', '=', stateHash)
    .where('browser_hash', '=', browserHash)
    .where('finished_at', 'is', null)
    .where('expires_at', '>', now)
    .returningAll()
    .executeTakeFirst();
}

/** Finds the link of this browser, also one that is used or expired. */
export async function findLinkOfBrowser(
  connection: Connection,
  { stateHash, browserHash }: BrowserSecrets,
): Promise<ConnectLinkRow | undefined> {
  return connection
    .selectFrom('connect_links')
    .selectAll()
    .where('state_hash', '=', stateHash)
    .where('browser_hash', '=', browserHash)
    .executeTakeFirst();
}

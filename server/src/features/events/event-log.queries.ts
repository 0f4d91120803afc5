// Reads the log from a position. Events are ordered by (xid, id), and only events below the horizon are read: no event can
// appear before them. The order of ids alone is not sufficient: an event gets its id before its transaction commits, so
// an event with a lower id can appear after one with a higher id was read.
import type { Selectable } from 'kysely';
import { type Connection, type Schema, sql } from '../../platform/db/index.ts';

export type LoggedEvent = Selectable<Schema['events']>;

/** A position in the log: readers continue with the events after it. */
export interface Place {
  xid: string;
  id: number;
  /** Set if the event was removed: the position is then an id, which is exact for events of that age. */
  idsAbove: number;
}

export const beginning: Place = { xid: '0', id: 0, idsAbove: 0 };

export interface EventFilter {
  organizationId: string;
  types: readonly string[];
  /** Null: all accounts, and events of no account. */
  accountIds: readonly string[] | null;
}

/** Returns the position of an event of the organization. If the event was removed: the position after all events as old. */
export async function findPlace(connection: Connection, organizationId: string, id: number): Promise<Place> {
  const event = await connection
    .selectFrom('events')
    .select('xid')
    .where('id', '=', id)
    .where('organization_id', '=', organizationId)
    .executeTakeFirst();
  return event ? { xid: event.xid, id, idsAbove: 0 } : { ...beginning, idsAbove: id };
}

/**
 * Returns the next events after a position, oldest first.
 *
 * @param readable An event that could be read earlier. The horizon moves back a little while a transaction of another
 *   database ends; events up to this one are read in spite of it
 */
export async function readEvents(
  connection: Connection,
  filter: EventFilter,
  after: Place,
  limit: number,
  readable?: LastEvent,
): Promise<LoggedEvent[]> {
  const beyondReadable = readable ? String(BigInt(readable.xid) + 1n) : '0';
  const { rows } = await sql<LoggedEvent>`
    select * from events
    where organization_id = ${filter.organizationId}
      and (xid, id) > (${after.xid}::xid8, ${after.id}::bigint)
      and xid < (select greatest(events_horizon(), ${beyondReadable}::xid8))
      and id > ${after.idsAbove}
      and type = any(${[...filter.types]})
      and (${filter.accountIds === null} or account_id = any(${[...(filter.accountIds ?? [])]}))
    order by xid, id
    limit ${limit}
  `.execute(connection);
  return rows;
}

export type LastEvent = Pick<Place, 'xid' | 'id'>;

/** Returns the last readable event of each of these organizations. An organization without events is absent. */
export async function findLastEvents(
  connection: Connection,
  organizationIds: readonly string[],
): Promise<Map<string, LastEvent>> {
  const { rows } = await sql<LastEvent & { organization: string }>`
    select o.organization, e.xid, e.id
    from unnest(${[...organizationIds]}::text[]) as o (organization)
    cross join lateral (
      select xid, id from events
      where organization_id = o.organization and xid < (select events_horizon())
      order by xid desc, id desc
      limit 1
    ) e
  `.execute(connection);
  return new Map(rows.map(({ organization, xid, id }) => [organization, { xid, id }]));
}

/**
 * Returns the time of the oldest event that readers do not see yet, because a transaction that began before it still runs. Null
 * if there is none. One look into the index for each organization.
 */
export async function findOldestHidden(connection: Connection): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(hidden.at) as at from organizations o
    cross join lateral (
      select at from events where organization_id = o.id and xid >= (select events_horizon())
      order by xid, id
      limit 1
    ) hidden
  `.execute(connection);
  return rows[0]?.at ?? null;
}

/**
 * Repairs a log that was restored from a dump of another server. Its transaction ids may be ahead of this server's, so that
 * new events would appear older than restored ones. Restored events get the current transaction id, and their order is
 * then that of their ids. Returns their number.
 */
export async function rebaseRestoredEvents(connection: Connection): Promise<number> {
  const result = await sql`
    update events set xid = pg_current_xact_id()
    where exists (
      select 1 from organizations o
      cross join lateral (
        select xid from events where organization_id = o.id order by xid desc limit 1
      ) newest
      where newest.xid >= pg_snapshot_xmax(pg_current_snapshot())
    ) and xid >= pg_snapshot_xmax(pg_current_snapshot())
  `.execute(connection);
  return Number(result.numAffectedRows ?? 0);
}

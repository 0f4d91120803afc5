// Reading the log on from a place. Events are ordered by (xid, id), and only those below the horizon are read:
// nothing will ever come before them. Ids alone would not do: an event gets its id before its transaction
// commits, so one with a lower id can appear after one with a higher id was read.
import type { Selectable } from 'kysely';
import { type Connection, type Schema, sql } from '../../platform/db/index.ts';

export type LoggedEvent = Selectable<Schema['events']>;

/** Events after this one. */
export interface Place {
  xid: string;
  id: number;
  /** Set where the event is gone: places are then told by ids, which is right for all that is as old. */
  idsAbove: number;
}

export const beginning: Place = { xid: '0', id: 0, idsAbove: 0 };

export interface EventFilter {
  organizationId: string;
  types: readonly string[];
  /** Null: all, and those of no account. */
  accountIds: readonly string[] | null;
}

/** The place of an event of the organization; after everything that is as old where it was removed since. */
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
 * The next events after a place, oldest first.
 *
 * @param known One that could be read before. The horizon goes back a little when a transaction of another database
 *   ends in just that moment; what was below it stays readable all the same
 */
export async function readEvents(
  connection: Connection,
  filter: EventFilter,
  after: Place,
  limit: number,
  known?: LastEvent,
): Promise<LoggedEvent[]> {
  const beyondKnown = known ? String(BigInt(known.xid) + 1n) : '0';
  const { rows } = await sql<LoggedEvent>`
    select * from events
    where organization_id = ${filter.organizationId}
      and (xid, id) > (${after.xid}::xid8, ${after.id}::bigint)
      and xid < (select greatest(events_horizon(), ${beyondKnown}::xid8))
      and id > ${after.idsAbove}
      and type = any(${[...filter.types]})
      and (${filter.accountIds === null} or account_id = any(${[...(filter.accountIds ?? [])]}))
    order by xid, id
    limit ${limit}
  `.execute(connection);
  return rows;
}

export type LastEvent = Pick<Place, 'xid' | 'id'>;

/** For each of these organizations, the last event that can be read; none where the log is empty. */
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
 * A log that was restored from a dump carries the transaction numbers of the server that it came from, which may
 * lie ahead of this server's: new events would seem older than restored ones. Those get the number of now; among
 * themselves they keep the order of their ids. Returns how many there were.
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

// From the event log to deliveries. The process that hands out locks the row of the feed, and advances it in the
// transaction that creates the deliveries, so that each event is handed out once even if the process dies.
import { keyEventTypes } from '../../../domain/event-types.ts';
import { type Connection, sql, type Tx } from '../../../platform/db/index.ts';

/** Returns whether webhooks exist. */
export async function hasFeeds(connection: Connection): Promise<boolean> {
  const { rows } = await sql<{ has: boolean }>`
    select exists (select 1 from webhook_feeds) as has
  `.execute(connection);
  return rows[0]?.has ?? false;
}

/** The position of each feed in the log: that of its last event, or by ids if that event was removed. */
const places = sql`
  select f.organization_id, f.event_id,
    coalesce(last.xid, '0') as xid,
    case when last.id is null then 0 else f.event_id end as id,
    case when last.id is null then f.event_id else 0 end as ids_above
  from webhook_feeds f left join events last on last.id = f.event_id
`;

const isNext = sql`
  e.organization_id = p.organization_id and (e.xid, e.id) > (p.xid, p.id) and e.id > p.ids_above
    and e.xid < (select events_horizon())
`;

/**
 * The webhook was restored from a dump of another server, whose transaction ids are ahead of this server's. Compared with
 * them, every new event would appear old.
 */
const isOfOtherServer = sql`
  pg_snapshot_xmax(w.events_after) > pg_snapshot_xmax(pg_current_snapshot())
`;

/** The organizations with events that are not handed out yet. */
export async function listFeedsWithNews(connection: Connection, types: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ organization_id: string }>`
    select p.organization_id from (${places}) p
    where exists (select 1 from events e where ${isNext} and e.type = any(${[...types]}))
  `.execute(connection);
  return rows.map((row) => row.organization_id);
}

/** Waits for a process that is handing out, and lets none begin until the transaction ends. */
export async function lockFeed(tx: Tx, organizationId: string): Promise<void> {
  await sql`select 1 from webhook_feeds where organization_id = ${organizationId} for update`.execute(tx);
}

export interface HandOut {
  types: readonly string[];
  limit: number;
  now: Date;
  expiresAt: Date;
}

/**
 * Hands out the next page of an organization's log. Returns the number of its events; null if another process is handing
 * out.
 */
export async function handOut(
  tx: Tx,
  organizationId: string,
  { types, limit, now, expiresAt }: HandOut,
): Promise<number | null> {
  const locked = await sql`
    select 1 from webhook_feeds where organization_id = ${organizationId} for update skip locked
  `.execute(tx);
  if (locked.rows.length === 0) return null;
  // A second statement, so that it sees the events that the previous process has handed out.
  const { rows } = await sql<{ count: number }>`
    with page as (
      select e.id, e.xid, e.type, e.account_id from (${places}) p
      cross join lateral (
        select * from events e where ${isNext} and e.type = any(${[...types]})
        order by e.xid, e.id
        limit ${limit}
      ) e
      where p.organization_id = ${organizationId}
    ), inserted as (
      insert into webhook_deliveries (webhook_id, event_id, account_id, type, next_attempt_at, expires_at, created_at)
      select w.id, page.id, page.account_id, page.type, ${now}, ${expiresAt}, ${now}
      from page join webhooks w on w.organization_id = ${organizationId}
      where w.disabled_at is null
        -- The feed may be behind when a webhook is created: events that had committed by then are left out.
        and (w.events_after is null or ${isOfOtherServer} or not pg_visible_in_snapshot(page.xid, w.events_after))
        -- A webhook for all types gets no events of API keys: not every key that sees the webhook may see these.
        and case when w.event_types is null then page.type <> all(${[...keyEventTypes]})
          else page.type = any(w.event_types) end
        and (w.account_ids is null or page.account_id = any(w.account_ids))
      order by page.xid, page.id
      on conflict do nothing
    ), unbound as (
      update webhooks w set events_after = null where w.organization_id = ${organizationId} and ${isOfOtherServer}
    ), advanced as (
      update webhook_feeds set event_id = (select id from page order by xid desc, id desc limit 1)
      where organization_id = ${organizationId} and exists (select 1 from page)
    )
    select count(*)::int as count from page
  `.execute(tx);
  return rows[0]?.count ?? 0;
}

/** Gives up deliveries that were not sent in time because their endpoint failed. */
export async function expireDeliveries(connection: Connection, now: Date): Promise<number> {
  const result = await connection
    .updateTable('webhook_deliveries')
    .set({ state: 'failed', next_attempt_at: null, error: 'expired' })
    .where('state', '=', 'pending')
    .where('expires_at', '<=', now)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** Removes up to `limit` deliveries that are past their retention. */
export async function removeOldDeliveries(
  connection: Connection,
  before: Date,
  limit: number,
): Promise<number> {
  const result = await sql`
    delete from webhook_deliveries where id in (
      select id from webhook_deliveries where created_at < ${before} and state <> 'pending' limit ${limit}
    )
  `.execute(connection);
  return Number(result.numAffectedRows ?? 0);
}

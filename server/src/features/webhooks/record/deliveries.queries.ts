// Deliveries as callers read them and send them again.
import type { Selectable } from 'kysely';
import { type Connection, type Schema, sql, type Tx } from '../../../platform/db/index.ts';
import type { LoggedEvent } from '../../events/index.ts';
import type { WebhookRow } from './webhooks.queries.ts';

export type DeliveryRow = Selectable<Schema['webhook_deliveries']>;
/** A delivery with its event; null for a test, and for an event that is no longer stored. */
export type DeliveryWithEvent = DeliveryRow & { event: LoggedEvent | null };

/** Adds the events to deliveries. */
export async function withEvents(
  connection: Connection,
  organizationId: string,
  rows: readonly DeliveryRow[],
): Promise<DeliveryWithEvent[]> {
  const ids = rows.flatMap(({ event_id }) => event_id ?? []);
  const events =
    ids.length === 0
      ? []
      : await connection
          .selectFrom('events')
          .selectAll()
          .where('id', 'in', ids)
          .where('organization_id', '=', organizationId)
          .execute();
  const byId = new Map(events.map((event) => [event.id, event]));
  return rows.map((row) => ({ ...row, event: (row.event_id !== null && byId.get(row.event_id)) || null }));
}

export interface DeliveryFilter {
  state: DeliveryRow['state'] | undefined;
  /** Only deliveries older than this one. */
  before: number | undefined;
  limit: number;
}

/** Lists deliveries, newest first. */
export async function listDeliveryRows(
  connection: Connection,
  webhookId: string,
  { state, before, limit }: DeliveryFilter,
): Promise<DeliveryRow[]> {
  let query = connection
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('webhook_id', '=', webhookId)
    .orderBy('id', 'desc')
    .limit(limit);
  if (state !== undefined) query = query.where('state', '=', state);
  if (before !== undefined) query = query.where('id', '<', before);
  return query.execute();
}

export async function insertTest(
  tx: Tx,
  webhookId: string,
  { type, now, expiresAt }: { type: string; now: Date; expiresAt: Date },
): Promise<DeliveryRow> {
  return tx
    .insertInto('webhook_deliveries')
    .values({ webhook_id: webhookId, type, next_attempt_at: now, expires_at: expiresAt, created_at: now })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Makes a delivery due now, whether it was delivered or failed. */
export async function makeDueAgain(
  tx: Tx,
  webhookId: string,
  id: number,
  { now, expiresAt }: { now: Date; expiresAt: Date },
): Promise<DeliveryRow | undefined> {
  return tx
    .updateTable('webhook_deliveries')
    .set({ state: 'pending', next_attempt_at: now, expires_at: expiresAt, attempts: 0, error: null })
    .where('webhook_id', '=', webhookId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
}

export interface ReplayPage {
  since: Date;
  until: Date;
  /** The last event of the page before; null for the first page. */
  after: Pick<LoggedEvent, 'xid' | 'id'> | null;
  types: readonly string[];
  limit: number;
}

/** Lists the events of a period that the webhook subscribes to, in the order of the log. */
export async function listEventsToReplay(
  tx: Tx,
  webhook: WebhookRow,
  { since, until, after, types, limit }: ReplayPage,
): Promise<Pick<LoggedEvent, 'xid' | 'id'>[]> {
  const { rows } = await sql<Pick<LoggedEvent, 'xid' | 'id'>>`
    select xid, id from events
    where organization_id = ${webhook.organization_id}
      and (xid, id) > (${after?.xid ?? '0'}::xid8, ${after?.id ?? 0}::bigint)
      and xid < (select events_horizon())
      and at between ${since} and ${until}
      and type = any(${[...types]})
      and (${webhook.account_ids === null} or account_id = any(${webhook.account_ids ?? []}))
    order by xid, id
    limit ${limit}
  `.execute(tx);
  return rows;
}

/** Makes these events due for the webhook. Deliveries that are pending already are unchanged. */
export async function sendEventsAgain(
  tx: Tx,
  webhook: WebhookRow,
  eventIds: readonly number[],
  { now, expiresAt, evenDelivered }: { now: Date; expiresAt: Date; evenDelivered: boolean },
): Promise<void> {
  await sql`
    insert into webhook_deliveries as d (webhook_id, event_id, type, next_attempt_at, expires_at, created_at)
    select ${webhook.id}, e.id, e.type, ${now}, ${expiresAt}, ${now}
    from events e where e.id = any(${[...eventIds]}) and e.organization_id = ${webhook.organization_id}
    order by e.xid, e.id
    on conflict (webhook_id, event_id) do update
      set state = 'pending', next_attempt_at = ${now}, expires_at = ${expiresAt}, attempts = 0, error = null
      where d.state = 'failed' or (${evenDelivered} and d.state = 'delivered')
  `.execute(tx);
}

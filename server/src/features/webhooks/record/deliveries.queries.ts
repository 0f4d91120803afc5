// Deliveries as callers read them and send them again.
import type { RawBuilder, Selectable, SqlBool } from 'kysely';
import { visibleEventTypes } from '../../../domain/event-types.ts';
import { type Connection, type Schema, sql, type Tx } from '../../../platform/db/index.ts';
import type { LoggedEvent } from '../../events/index.ts';
import type { WebhookRow } from './webhooks.queries.ts';

export type DeliveryRow = Selectable<Schema['webhook_deliveries']>;
/** The rights that decide which events a caller may see. */
type EventViewer = Parameters<typeof visibleEventTypes>[0];
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
  viewer: EventViewer;
}

/**
 * SQL: whether a delivery is of an event that its webhook subscribes to now, of a type that the viewer may see. A webhook
 * that was narrowed neither shows nor sends again what it received before. Tests have no event and are always shown.
 */
function isShown({ account_ids: accountIds }: WebhookRow, viewer: EventViewer): RawBuilder<SqlBool> {
  return sql<SqlBool>`(
    event_id is null or (
      (${accountIds === null} or coalesce(account_id = any(${accountIds ?? []}), false))
      and type = any(${[...visibleEventTypes(viewer)]})
    )
  )`;
}

/** Lists deliveries that the viewer may see, newest first. */
export async function listDeliveryRows(
  connection: Connection,
  webhook: WebhookRow,
  { state, before, limit, viewer }: DeliveryFilter,
): Promise<DeliveryRow[]> {
  let query = connection
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('webhook_id', '=', webhook.id)
    .where(isShown(webhook, viewer))
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

/** Makes a delivery that the viewer may see due now, whether it was delivered or failed. */
export async function makeDueAgain(
  tx: Tx,
  webhook: WebhookRow,
  id: number,
  { now, expiresAt, viewer }: { now: Date; expiresAt: Date; viewer: EventViewer },
): Promise<DeliveryRow | undefined> {
  return tx
    .updateTable('webhook_deliveries')
    .set({ state: 'pending', next_attempt_at: now, expires_at: expiresAt, attempts: 0, error: null })
    .where('webhook_id', '=', webhook.id)
    .where('id', '=', id)
    .where(isShown(webhook, viewer))
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
    insert into webhook_deliveries as d
      (webhook_id, event_id, account_id, type, next_attempt_at, expires_at, created_at)
    select ${webhook.id}, e.id, e.account_id, e.type, ${now}, ${expiresAt}, ${now}
    from events e where e.id = any(${[...eventIds]}) and e.organization_id = ${webhook.organization_id}
    order by e.xid, e.id
    on conflict (webhook_id, event_id) do update
      set state = 'pending', next_attempt_at = ${now}, expires_at = ${expiresAt}, attempts = 0, error = null
      where d.state = 'failed' or (${evenDelivered} and d.state = 'delivered')
  `.execute(tx);
}

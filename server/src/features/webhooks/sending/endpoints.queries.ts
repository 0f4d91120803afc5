// Endpoints with due deliveries, their leases, and the results of attempts. Everything that is recorded is guarded by the
// fence of the lease. The lease is in the row of the webhook: `delivering_until` and `fence`.
import { type Connection, sql, type Tx } from '../../../platform/db/index.ts';
import { leaseHasEnded, renewedUntil } from '../../../platform/work/lease.queries.ts';
import type { DeliveryRow } from '../record/deliveries.queries.ts';
import type { WebhookRow } from '../record/webhooks.queries.ts';

/**
 * A process that died delays the deliveries of its endpoints by this. Longer than a round of requests takes to time out, so
 * that one late renewal does no harm.
 */
export const leaseMs = 30_000;

/** A webhook as it was when it was leased. */
export interface LeasedEndpoint extends WebhookRow {
  /** As `id`; the name is the one in the log. */
  webhookId: string;
}

/**
 * Leases up to `limit` endpoints that have due deliveries and are neither leased nor paused. The endpoints released the
 * longest ago come first, so that a large backlog of one endpoint does not delay others. Organizations get places in
 * turn, at most `perOrganization` each, so that slow endpoints of one do not delay those of others.
 * @param claim.active The endpoints that this process is serving
 */
export async function claimEndpoints(
  connection: Connection,
  {
    now,
    leaseUntil,
    limit,
    active,
    perOrganization,
  }: {
    now: Date;
    leaseUntil: Date;
    limit: number;
    active: readonly Pick<WebhookRow, 'organization_id'>[];
    perOrganization: number;
  },
): Promise<LeasedEndpoint[]> {
  const activeIds = active.map(({ organization_id: id }) => id);
  const { rows } = await sql<LeasedEndpoint>`
    with candidates as materialized (
      select w.id,
        row_number() over (partition by w.organization_id order by w.delivering_until nulls first, w.id)
          + (select count(*) from unnest(${activeIds}::text[]) a (id) where a.id = w.organization_id) as place
      from webhooks w
      where w.disabled_at is null
        and (w.quiet_until is null or w.quiet_until <= ${now})
        and ${leaseHasEnded(sql`w.delivering_until`, now, leaseMs)}
        and exists (
          select 1 from webhook_deliveries d
          where d.webhook_id = w.id and d.state = 'pending' and d.next_attempt_at <= ${now}
        )
    ),
    due as materialized (
      select w.id from webhooks w join candidates c using (id)
      where c.place <= ${perOrganization}
        -- Again, because another process may have leased it since.
        and ${leaseHasEnded(sql`w.delivering_until`, now, leaseMs)}
      order by c.place, w.delivering_until nulls first, w.id
      limit ${limit}
      for update of w skip locked
    )
    update webhooks set delivering_until = ${leaseUntil}, fence = fence + 1
    where id = any(array(select id from due))
    returning *, id as "webhookId"
  `.execute(connection);
  return rows;
}

/** Renews the leases that are still ours under these fences; returns their ids. Never shortens a lease. */
export async function renewEndpoints(
  connection: Connection,
  { endpoints, leaseUntil }: { endpoints: readonly LeasedEndpoint[]; leaseUntil: Date },
): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    update webhooks w set delivering_until = ${renewedUntil(sql`w.delivering_until`, leaseUntil, leaseMs)}
    from unnest(
      ${endpoints.map(({ id }) => id)}::text[], ${endpoints.map(({ fence }) => fence)}::bigint[]
    ) ours (id, fence)
    where w.id = ours.id and w.fence = ours.fence
    returning w.id
  `.execute(connection);
  return new Set(rows.map(({ id }) => id));
}

/** Reads the webhook and locks it until the transaction ends; undefined if it has been leased again. */
export async function lockLeased(tx: Tx, { id, fence }: LeasedEndpoint): Promise<WebhookRow | undefined> {
  return tx
    .selectFrom('webhooks')
    .selectAll()
    .where('id', '=', id)
    .where('fence', '=', fence)
    .forUpdate()
    .executeTakeFirst();
}

/** Releases the lease; the fence grows, so that a renewal that comes late changes nothing. */
export async function releaseEndpoint(
  connection: Connection,
  { id, fence }: LeasedEndpoint,
  now: Date,
): Promise<void> {
  await connection
    .updateTable('webhooks')
    .set((eb) => ({ delivering_until: now, fence: eb('fence', '+', 1) }))
    .where('id', '=', id)
    .where('fence', '=', fence)
    .execute();
}

/** Finds the next due deliveries. */
export async function listDue(
  connection: Connection,
  webhookId: string,
  now: Date,
  limit: number,
): Promise<DeliveryRow[]> {
  return connection
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('webhook_id', '=', webhookId)
    .where('state', '=', 'pending')
    .where('next_attempt_at', '<=', now)
    .orderBy('next_attempt_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** The result of one attempt. */
export interface AttemptRecord {
  id: number;
  state: 'pending' | 'delivered' | 'failed';
  nextAttemptAt: Date | null;
  attemptedAt: Date;
  durationMs: number;
  status: number | null;
  answer: string | null;
  error: string | null;
}

/** Records all attempts in one statement. */
export async function recordAttempts(
  tx: Tx,
  webhookId: string,
  records: readonly AttemptRecord[],
): Promise<void> {
  await sql`
    update webhook_deliveries d set
      state = r.state, attempts = d.attempts + 1, next_attempt_at = r.next_attempt_at,
      attempted_at = r.attempted_at, duration_ms = r.duration_ms, status = r.status,
      answer = r.answer, error = r.error
    from unnest(
      ${records.map((record) => record.id)}::bigint[],
      ${records.map((record) => record.state)}::text[],
      ${records.map((record) => record.nextAttemptAt)}::timestamptz[],
      ${records.map((record) => record.attemptedAt)}::timestamptz[],
      ${records.map((record) => record.durationMs)}::int[],
      ${records.map((record) => record.status)}::int[],
      ${records.map((record) => record.answer)}::text[],
      ${records.map((record) => record.error)}::text[]
    ) as r (id, state, next_attempt_at, attempted_at, duration_ms, status, answer, error)
    where d.id = r.id and d.webhook_id = ${webhookId} and d.state = 'pending'
  `.execute(tx);
}

/** Makes deliveries that wait for a later attempt due, after their endpoint has recovered. */
export async function wakePending(tx: Tx, webhookId: string, now: Date): Promise<void> {
  await tx
    .updateTable('webhook_deliveries')
    .set({ next_attempt_at: now })
    .where('webhook_id', '=', webhookId)
    .where('state', '=', 'pending')
    .where('next_attempt_at', '>', now)
    .execute();
}

/**
 * Gives up pending deliveries of events that the webhook no longer subscribes to: its accounts or types were narrowed.
 * Tests have no event.
 */
export async function failUnsubscribed(tx: Tx, webhook: WebhookRow): Promise<void> {
  const { id, account_ids: accountIds, event_types: types } = webhook;
  if (accountIds === null && types === null) return;
  await sql`
    update webhook_deliveries set state = 'failed', next_attempt_at = null, error = 'not_subscribed'
    where webhook_id = ${id} and state = 'pending' and event_id is not null
      and not (
        (${accountIds === null} or coalesce(account_id = any(${accountIds ?? []}), false))
        and (${types === null} or type = any(${types ?? []}))
      )
  `.execute(tx);
}

/** Gives up all pending deliveries. */
export async function failPending(tx: Tx, webhookId: string, error: string): Promise<number> {
  const result = await tx
    .updateTable('webhook_deliveries')
    .set({ state: 'failed', next_attempt_at: null, error })
    .where('webhook_id', '=', webhookId)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

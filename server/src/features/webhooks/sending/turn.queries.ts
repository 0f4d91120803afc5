// A turn at an endpoint: claimed by one process at a time, and everything it records is guarded by its fence.
import { type Connection, sql, type Tx } from '../../../platform/db/index.ts';
import type { DeliveryRow } from '../record/deliveries.queries.ts';
import type { WebhookRow } from '../record/webhooks.queries.ts';

/** Claims the endpoint; undefined where another process is at it, or nothing may be sent to it now. */
export async function claimTurn(
  connection: Connection,
  webhookId: string,
  { now, until }: { now: Date; until: Date },
): Promise<WebhookRow | undefined> {
  const { rows } = await sql<WebhookRow>`
    update webhooks set delivering_until = ${until}, fence = fence + 1
    where id = ${webhookId} and disabled_at is null
      and (quiet_until is null or quiet_until <= ${now})
      and (delivering_until is null or delivering_until <= ${now})
    returning *
  `.execute(connection);
  return rows[0];
}

/** The webhook as it is now, locked until the transaction ends; undefined where the turn was lost. */
export async function holdTurn(tx: Tx, turn: WebhookRow): Promise<WebhookRow | undefined> {
  return tx
    .selectFrom('webhooks')
    .selectAll()
    .where('id', '=', turn.id)
    .where('fence', '=', turn.fence)
    .forUpdate()
    .executeTakeFirst();
}

export async function endTurn(connection: Connection, turn: WebhookRow): Promise<void> {
  await connection
    .updateTable('webhooks')
    .set({ delivering_until: null })
    .where('id', '=', turn.id)
    .where('fence', '=', turn.fence)
    .execute();
}

/** The next deliveries that are due. */
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

/** What came of one attempt. */
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

/** One statement, however many there are. */
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

/** An endpoint is back: what waits for a later try is due now. */
export async function wakePending(tx: Tx, webhookId: string, now: Date): Promise<void> {
  await tx
    .updateTable('webhook_deliveries')
    .set({ next_attempt_at: now })
    .where('webhook_id', '=', webhookId)
    .where('state', '=', 'pending')
    .where('next_attempt_at', '>', now)
    .execute();
}

/** Nobody will send these any more. */
export async function failPending(tx: Tx, webhookId: string, error: string): Promise<number> {
  const result = await tx
    .updateTable('webhook_deliveries')
    .set({ state: 'failed', next_attempt_at: null, error })
    .where('webhook_id', '=', webhookId)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

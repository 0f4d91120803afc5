import type { Selectable, UpdateObject } from 'kysely';
import { eventTypes, visibleEventTypes } from '../../../domain/event-types.ts';
import { type Connection, isSealedOtherwise, type Schema, sql, type Tx } from '../../../platform/db/index.ts';
import type { Caller } from '../../../platform/use-case/index.ts';

export type WebhookRow = Selectable<Schema['webhooks']>;
export type WebhookChange = UpdateObject<Schema, 'webhooks'>;

/** The rights that decide which webhooks a caller sees. */
export type WebhookViewer = Pick<Caller, 'organizationId' | 'accountIds' | 'scopes'>;

/**
 * The webhooks that the caller may see. A restricted key sees only webhooks that are restricted to its accounts. A webhook
 * that names types of events is seen only by callers that may see all of these types: its URL can be changed.
 */
function visible(connection: Connection, caller: WebhookViewer) {
  const { accountIds } = caller;
  const types = visibleEventTypes(caller);
  let query = connection
    .selectFrom('webhooks')
    .selectAll()
    .where('organization_id', '=', caller.organizationId);
  if (types.length < eventTypes.length) {
    query = query.where(sql<boolean>`coalesce(event_types <@ ${[...types]}::text[], true)`);
  }
  if (accountIds === null) return query;
  return query.where(sql<boolean>`coalesce(account_ids <@ ${[...accountIds]}::text[], false)`);
}

export async function findWebhook(
  connection: Connection,
  caller: WebhookViewer,
  id: string,
): Promise<WebhookRow | undefined> {
  return visible(connection, caller).where('id', '=', id).executeTakeFirst();
}

/** Locks a webhook against changes until the transaction ends, for the worker. Undefined when it was deleted. */
export async function lockWebhook(
  tx: Tx,
  { organizationId, webhookId }: { organizationId: string; webhookId: string },
): Promise<WebhookRow | undefined> {
  return tx
    .selectFrom('webhooks')
    .selectAll()
    .where('id', '=', webhookId)
    .where('organization_id', '=', organizationId)
    .forShare()
    .executeTakeFirst();
}

export async function listWebhookRows(connection: Connection, caller: Caller): Promise<WebhookRow[]> {
  return visible(connection, caller).orderBy('id').execute();
}

export async function countWebhooks(connection: Connection, organizationId: string): Promise<number> {
  const { count } = await connection
    .selectFrom('webhooks')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('organization_id', '=', organizationId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export type NewWebhookRow = Pick<
  WebhookRow,
  | 'id'
  | 'organization_id'
  | 'url'
  | 'description'
  | 'event_types'
  | 'account_ids'
  | 'secret'
  | 'created_at'
  | 'updated_at'
>;

/** For `events_after`: events that have committed before this statement are not delivered. */
export const eventsFromNowOn = sql<string>`pg_current_snapshot()`;

/** Deliveries start at the present end of the event log, unless the organization has a webhook already. */
export async function insertWebhook(tx: Tx, row: NewWebhookRow): Promise<WebhookRow> {
  const webhook = await tx.insertInto('webhooks').values(row).returningAll().executeTakeFirstOrThrow();
  await sql`
    insert into webhook_feeds (organization_id, event_id)
    values (${row.organization_id}, coalesce((
      select id from events
      where organization_id = ${row.organization_id} and xid < (select events_horizon())
      order by xid desc, id desc limit 1
    ), 0))
    on conflict do nothing
  `.execute(tx);
  return webhook;
}

export async function updateWebhookRow(
  tx: Tx,
  webhook: WebhookRow,
  change: WebhookChange,
): Promise<WebhookRow> {
  return tx
    .updateTable('webhooks')
    .set(change)
    .where('id', '=', webhook.id)
    .where('organization_id', '=', webhook.organization_id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function deleteWebhookRow(tx: Tx, webhook: WebhookRow): Promise<void> {
  await tx
    .deleteFrom('webhooks')
    .where('id', '=', webhook.id)
    .where('organization_id', '=', webhook.organization_id)
    .execute();
  // The position in the log is needed only while the organization has a webhook.
  await sql`
    delete from webhook_feeds f where f.organization_id = ${webhook.organization_id}
      and not exists (select 1 from webhooks w where w.organization_id = f.organization_id)
  `.execute(tx);
}

/** Webhooks of all organizations whose secrets are encrypted with another key. */
export async function listSecretsSealedOtherwise(
  connection: Connection,
  { keyId, after, limit }: { keyId: Buffer; after: string; limit: number },
): Promise<WebhookRow[]> {
  return connection
    .selectFrom('webhooks')
    .selectAll()
    .where('id', '>', after)
    .where((eb) => eb.or([isSealedOtherwise('secret', keyId), isSealedOtherwise('previous_secret', keyId)]))
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Replaces secrets, unless others were stored since the webhook was read. */
export async function replaceSealedSecrets(
  connection: Connection,
  webhook: WebhookRow,
  sealed: Pick<WebhookRow, 'secret' | 'previous_secret'>,
): Promise<boolean> {
  const row = await connection
    .updateTable('webhooks')
    .set(sealed)
    .where('id', '=', webhook.id)
    .where('secret', '=', webhook.secret)
    .where('previous_secret', 'is not distinct from', webhook.previous_secret)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

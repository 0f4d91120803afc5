// Webhooks and their deliveries, as callers read them.
import { isId } from '../../../domain/ids.ts';
import type { Connection } from '../../../platform/db/index.ts';
import type { Caller, Context } from '../../../platform/use-case/index.ts';
import { type ListDeliveries, toDeliveryView } from '../deliveries.schema.ts';
import type { WebhookParts } from '../parts.ts';
import { listDeliveryRows, withEvents } from '../record/deliveries.queries.ts';
import { fromDeliveryId, toDeliveryId } from '../record/delivery-id.ts';
import { findWebhook, listWebhookRows, type WebhookRow } from '../record/webhooks.queries.ts';
import { webhookDisabled, webhookNotFound } from '../webhooks.errors.ts';
import { toWebhookView, type WebhookPath } from '../webhooks.schema.ts';

/** The webhooks that the caller may use. A restricted key sees those that are restricted to its accounts. */
export async function listWebhooks({ database }: WebhookParts, context: Context) {
  const rows = await listWebhookRows(database.db, context);
  const now = context.clock.now();
  return { data: { webhooks: rows.map((row) => toWebhookView(row, now)) } };
}

/** @throws webhookNotFound */
export async function getWebhook({ database }: WebhookParts, context: Context, path: WebhookPath) {
  const webhook = await requireWebhook(database.db, context, path);
  return { data: { webhook: toWebhookView(webhook, context.clock.now()) } };
}

/**
 * A page of deliveries, newest first.
 * @throws webhookNotFound
 */
export async function listDeliveries(
  { database }: WebhookParts,
  context: Context,
  path: WebhookPath,
  query: ListDeliveries,
) {
  const webhook = await requireWebhook(database.db, context, path);
  const rows = await listDeliveryRows(database.db, webhook, {
    viewer: context,
    state: query.status,
    before: query.cursor === undefined ? undefined : fromDeliveryId(query.cursor),
    limit: query.limit + 1,
  });
  const page = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? page.at(-1) : undefined;
  const deliveries = await withEvents(database.db, webhook.organization_id, page);
  return {
    data: { deliveries: deliveries.map(toDeliveryView), cursor: last ? toDeliveryId(last.id) : null },
  };
}

/** @throws webhookNotFound, also for a webhook that the caller may not see */
export async function requireWebhook(
  connection: Connection,
  caller: Caller,
  { webhookId }: WebhookPath,
): Promise<WebhookRow> {
  const webhook = isId('whk', webhookId) ? await findWebhook(connection, caller, webhookId) : undefined;
  if (!webhook) throw webhookNotFound();
  return webhook;
}

/** @throws webhookNotFound, webhookDisabled */
export async function requireEnabledWebhook(
  connection: Connection,
  caller: Caller,
  path: WebhookPath,
): Promise<WebhookRow> {
  const webhook = await requireWebhook(connection, caller, path);
  if (webhook.disabled_at) throw webhookDisabled();
  return webhook;
}

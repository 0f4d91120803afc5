// Sends a test event, one delivery again, or the events since a time again.
import { addMs, toUnixSeconds } from '../../../platform/clock.ts';
import type { Tx } from '../../../platform/db/index.ts';
import { single } from '../../../platform/single.ts';
import { type Context, invalidBody } from '../../../platform/use-case/index.ts';
import { type DeliveryPath, type Redeliver, toDeliveryView } from '../deliveries.schema.ts';
import type { WebhookParts } from '../parts.ts';
import { insertTest, makeDueAgain, withEvents } from '../record/deliveries.queries.ts';
import { fromDeliveryId } from '../record/delivery-id.ts';
import { updateWebhookRow, type WebhookRow } from '../record/webhooks.queries.ts';
import { testType } from '../sending/message.ts';
import { deliveryLifeMs } from '../sending/retry.ts';
import { replayQueue, wakeSender } from '../sending/webhook-queues.ts';
import { deliveryNotFound } from '../webhooks.errors.ts';
import type { WebhookPath } from '../webhooks.schema.ts';
import { requireEnabledWebhook } from './read-webhooks.ts';

const redeliverBackMs = 30 * 24 * 3600 * 1000;

/**
 * Sends the event `webhook.test`.
 * @throws webhookNotFound, webhookDisabled
 */
export async function testWebhook(parts: WebhookParts, context: Context, path: WebhookPath) {
  return context.commit(async (tx) => {
    const webhook = await requireEnabledWebhook(tx, context, path);
    const now = context.clock.now();
    const row = await insertTest(tx, webhook.id, {
      type: testType,
      now,
      expiresAt: addMs(now, deliveryLifeMs),
    });
    await serveNow(parts, tx, webhook);
    return { data: { delivery: toDeliveryView({ ...row, event: null }) } };
  });
}

/** @throws webhookNotFound, webhookDisabled, deliveryNotFound */
export async function redeliverDelivery(parts: WebhookParts, context: Context, path: DeliveryPath) {
  return context.commit(async (tx) => {
    const webhook = await requireEnabledWebhook(tx, context, path);
    const now = context.clock.now();
    const id = fromDeliveryId(path.deliveryId);
    const due = { now, expiresAt: addMs(now, deliveryLifeMs), viewer: context };
    const row = id === undefined ? undefined : await makeDueAgain(tx, webhook, id, due);
    if (!row) throw deliveryNotFound();
    await serveNow(parts, tx, webhook);
    const delivery = single(await withEvents(tx, webhook.organization_id, [row]));
    return { data: { delivery: toDeliveryView(delivery) } };
  });
}

/**
 * Sends the events since a time again, in the background.
 * @throws webhookNotFound, webhookDisabled; invalidBody for a time that is in the future or too long ago
 */
export async function redeliverSince(
  { jobs }: WebhookParts,
  context: Context,
  path: WebhookPath,
  input: Redeliver,
) {
  const now = context.clock.now();
  if (input.since < addMs(now, -redeliverBackMs) || input.since > now) {
    const message = 'Must be a time within the last 30 days.';
    throw invalidBody([{ path: 'since', code: 'out_of_range', message }]);
  }
  return context.commit(async (tx) => {
    const webhook = await requireEnabledWebhook(tx, context, path);
    await updateWebhookRow(tx, webhook, { quiet_until: null });
    await jobs.send(tx, replayQueue, {
      organizationId: webhook.organization_id,
      webhookId: webhook.id,
      since: input.since.toISOString(),
      until: now.toISOString(),
      evenDelivered: input.includeDelivered,
      after: null,
    });
    return { data: { redelivery: { since: toUnixSeconds(input.since), until: toUnixSeconds(now) } } };
  });
}

/** Ends the pause of an endpoint that failed, and lets a worker send what is due. */
async function serveNow({ jobs }: WebhookParts, tx: Tx, webhook: WebhookRow): Promise<void> {
  await updateWebhookRow(tx, webhook, { quiet_until: null });
  await wakeSender(jobs, tx, webhook.organization_id);
}

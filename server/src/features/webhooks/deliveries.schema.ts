// Requests and responses about deliveries.
import { z } from 'zod';
import { toUnixSeconds } from '../../platform/clock.ts';
import { moment, pageLimit, unixSeconds } from '../../platform/http/contract/index.ts';
import type { DeliveryWithEvent } from './record/deliveries.queries.ts';
import { fromDeliveryId, toDeliveryId } from './record/delivery-id.ts';
import { toMessage } from './sending/message.ts';
import { answerBytesKept } from './sending/serve-endpoint.ts';
import { WebhookPath } from './webhooks.schema.ts';

const states = ['pending', 'delivered', 'failed'] as const;

export const DeliveryPath = WebhookPath.extend({
  deliveryId: z.string().meta({ description: 'Delivery ID', example: 'whd_000000000zk' }),
});
export type DeliveryPath = z.output<typeof DeliveryPath>;

export const DeliveriesQuery = z.strictObject({
  status: z.enum(states).optional().meta({ description: 'Only deliveries with this status.' }),
  cursor: z
    .string()
    .refine((cursor) => fromDeliveryId(cursor) !== undefined, {
      params: { code: 'invalid_cursor' },
      error: 'Invalid cursor for this list. Send `data.cursor` of the previous page, or omit `cursor`.',
    })
    .optional()
    .meta({ description: '`data.cursor` of the previous page.' }),
  limit: pageLimit.meta({ description: 'Deliveries per page.' }),
});
export type ListDeliveries = z.output<typeof DeliveriesQuery>;

export const RedeliverBody = z
  .strictObject({
    since: moment.meta({ description: 'Events since this time (RFC 3339), at most 30 days ago.' }),
    includeDelivered: z.boolean().default(false).meta({
      description:
        'Include events that were delivered. Without it: only events that failed or were never sent.',
    }),
  })
  .meta({ id: 'RedeliverWebhook' });
export type Redeliver = z.output<typeof RedeliverBody>;

const Delivery = z
  .object({
    id: z.string().meta({ description: 'Delivery ID' }),
    eventId: z.string().nullable().meta({ description: 'The event; null for a test.' }),
    type: z.string().meta({ description: 'Type of the event, or `webhook.test`.' }),
    status: z.enum(states).meta({ description: 'Whether it was delivered.' }),
    attempts: z.int().meta({ description: 'Number of attempts.' }),
    createdAt: unixSeconds.meta({ description: 'When it was first due (Unix seconds).' }),
    nextAttemptAt: unixSeconds.nullable().meta({ description: 'Time of the next attempt (Unix seconds).' }),
    request: z
      .object({
        id: z.string().meta({ description: 'The header `webhook-id`.' }),
        body: z.string().meta({ description: 'The body of the request.' }),
      })
      .nullable()
      .meta({ description: 'Null if the event is no longer stored.' }),
    lastAttempt: z
      .object({
        at: unixSeconds.meta({ description: 'When it was sent (Unix seconds).' }),
        durationMs: z.int().meta({ description: 'Time until the response, or until the timeout.' }),
        status: z.int().nullable().meta({ description: 'HTTP status; null without a response.' }),
        answer: z
          .string()
          .nullable()
          .meta({
            description: `The first ${answerBytesKept} bytes of the response body; null for a private host (WEBHOOK_ALLOWED_PRIVATE_HOSTS).`,
          }),
      })
      .nullable()
      .meta({ description: 'The last attempt.' }),
    error: z.string().nullable().meta({
      description:
        'Why there was no response (`timeout`, `connection_failed`, `dns_failed`, `tls_failed`, `bad_response`, `private_address`), or why it is no longer sent (`expired`, `webhook_disabled`, `event_removed`; `not_subscribed`: the webhook was narrowed).',
    }),
  })
  .meta({ id: 'WebhookDelivery' });

export const DeliveryAnswer = z.object({ delivery: Delivery }).meta({ id: 'WebhookDeliveryResult' });
export const DeliveryListAnswer = z
  .object({
    deliveries: z.array(Delivery).meta({ description: 'Newest first.' }),
    cursor: z
      .string()
      .nullable()
      .meta({ description: 'Send it as `cursor` for the next page; null on the last page.' }),
  })
  .meta({ id: 'WebhookDeliveryPage' });
export const RedeliverAnswer = z
  .object({
    redelivery: z
      .object({
        since: unixSeconds.meta({ description: 'Unix seconds.' }),
        until: unixSeconds.meta({ description: 'Unix seconds.' }),
      })
      .meta({ description: 'The time whose events are sent again, in the background.' }),
  })
  .meta({ id: 'RedeliveryResult' });

export function toDeliveryView(row: DeliveryWithEvent): z.input<typeof Delivery> {
  const isKnown = row.event_id === null || row.event !== null;
  const message = isKnown ? toMessage(row, row.attempted_at ?? row.created_at) : null;
  return {
    id: toDeliveryId(row.id),
    eventId: row.event_id === null ? null : (message?.id ?? null),
    type: row.type,
    status: row.state,
    attempts: row.attempts,
    createdAt: toUnixSeconds(row.created_at),
    nextAttemptAt: row.next_attempt_at && toUnixSeconds(row.next_attempt_at),
    request: message && { id: message.id, body: message.body },
    lastAttempt: row.attempted_at && {
      at: toUnixSeconds(row.attempted_at),
      durationMs: row.duration_ms ?? 0,
      status: row.status,
      answer: row.answer,
    },
    error: row.error,
  };
}

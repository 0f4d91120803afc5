// Requests and responses about webhooks. The secret is in two of them: when it is created, and when it is replaced.
import { z } from 'zod';
import { eventTypes } from '../../domain/event-types.ts';
import { toUnixSeconds } from '../../platform/clock.ts';
import { text, unixSeconds, webUrl } from '../../platform/http/contract/index.ts';
import type { WebhookRow } from './record/webhooks.queries.ts';

const accountIdsMax = 1_000;

const fields = {
  url: webUrl(2048).meta({
    description:
      'The URL that events are sent to, by POST. It must be on the public internet and answer 2xx within 10 seconds; redirects are not followed.',
    example: 'https://example.com/hooks/pintail',
  }),
  events: z.array(z.enum(eventTypes)).min(1).max(eventTypes.length).nullable().meta({
    description:
      'Event types; null for all, including those of later versions, except `api_key.created` and `api_key.revoked`: these must be named, by a key with the scope `keys:write` that is not restricted to accounts.',
  }),
  accountIds: z
    .array(z.string().max(100))
    .min(1)
    .max(accountIdsMax)
    .nullable()
    .meta({
      description: `Only events of these accounts (at most ${accountIdsMax}); null for all events, including those without an account.`,
    }),
  description: text(255).nullable().meta({ description: 'For people.' }),
};

export const CreateWebhookBody = z
  .strictObject({
    url: fields.url,
    events: fields.events.optional(),
    accountIds: fields.accountIds.optional(),
    description: fields.description.optional(),
  })
  .meta({ id: 'CreateWebhook' });
export type CreateWebhook = z.output<typeof CreateWebhookBody>;

export const UpdateWebhookBody = z
  .strictObject({
    url: fields.url.optional(),
    events: fields.events.optional(),
    accountIds: fields.accountIds.optional(),
    description: fields.description.optional(),
    enabled: z.boolean().optional().meta({
      description:
        'False: events are neither sent nor stored for the webhook. True: events are sent from now on; missed events can be sent with `/redeliver`.',
    }),
  })
  .meta({ id: 'UpdateWebhook' });
export type UpdateWebhook = z.output<typeof UpdateWebhookBody>;

export const WebhookPath = z.object({
  webhookId: z.string().meta({ description: 'Webhook ID', example: 'whk_01kav8w5v8e6nb1vkh5tq4j1aa' }),
});
export type WebhookPath = z.output<typeof WebhookPath>;

const moment = unixSeconds.nullable();

const Webhook = z
  .object({
    id: z.string().meta({ description: 'Webhook ID' }),
    url: z.string().meta({ description: 'The URL that events are sent to.' }),
    events: z.array(z.string()).nullable().meta({ description: 'Event types; null for all.' }),
    accountIds: z.array(z.string()).nullable().meta({ description: 'Accounts; null for all.' }),
    description: z.string().nullable().meta({ description: 'For people.' }),
    status: z.enum(['active', 'failing', 'disabled']).meta({
      description:
        '`failing`: the last deliveries failed; they are retried with growing pauses. `disabled`: nothing is sent.',
    }),
    disabledReason: z.enum(['by_hand', 'failing', 'gone']).nullable().meta({
      description: '`failing`: no delivery succeeded for 3 days. `gone`: the endpoint answered 410.',
    }),
    failingSince: moment.meta({
      description: 'When the first of the failing deliveries failed (Unix seconds).',
    }),
    previousSecretUntil: moment.meta({
      description: 'Until then deliveries are signed with the previous secret too (Unix seconds).',
    }),
    createdAt: unixSeconds.meta({ description: 'When it was created (Unix seconds).' }),
    updatedAt: unixSeconds.meta({ description: 'When it was last changed (Unix seconds).' }),
  })
  .meta({ id: 'Webhook' });

export const WebhookAnswer = z.object({ webhook: Webhook }).meta({ id: 'WebhookResult' });
export const WebhookListAnswer = z.object({ webhooks: z.array(Webhook) }).meta({ id: 'WebhookPage' });
export const WebhookSecretAnswer = z
  .object({
    webhook: Webhook,
    secret: z.string().meta({
      description: 'The key of the signatures. It is not shown again.',
      example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    }),
  })
  .meta({ id: 'WebhookWithSecret' });
export const WebhookDeletedAnswer = z
  .object({
    deleted: z.literal(true),
    id: z.string().meta({ description: 'Webhook ID' }),
  })
  .meta({ id: 'DeletedWebhook' });

const seconds = (at: Date | null) => (at === null ? null : toUnixSeconds(at));

export function toWebhookView(row: WebhookRow, now: Date): z.input<typeof Webhook> {
  const isRotating = row.previous_secret_until !== null && row.previous_secret_until > now;
  return {
    id: row.id,
    url: row.url,
    events: row.event_types,
    accountIds: row.account_ids,
    description: row.description,
    status: row.disabled_at ? 'disabled' : row.failing_since ? 'failing' : 'active',
    disabledReason: row.disabled_reason,
    failingSince: seconds(row.failing_since),
    previousSecretUntil: isRotating ? seconds(row.previous_secret_until) : null,
    createdAt: toUnixSeconds(row.created_at),
    updatedAt: toUnixSeconds(row.updated_at),
  };
}

// Messages as endpoints receive them, with the headers of their requests: the webhooks section of the OpenAPI document.
import { z } from 'zod';
import { eventData, eventName, eventTimestamp, sentEventData } from '../../domain/event-data.ts';
import { eventTypes } from '../../domain/event-types.ts';
import type { Webhooks } from '../../platform/http/contract/index.ts';
import { testType } from './sending/message.ts';

function messageOf(type: string, data: z.ZodType) {
  return z
    .object({ type: z.literal(type), timestamp: eventTimestamp, data })
    .meta({ id: `${eventName(type)}Message` });
}

const testMessage = messageOf(
  testType,
  z.object({ webhookId: z.string().meta({ description: 'The webhook that is tested.' }) }),
);

const headers = z.object({
  'webhook-id': z.string().meta({
    param: { id: 'WebhookId' },
    description:
      'The id of the event, the same in every attempt. Skip a message whose id was received before.',
    example: 'evt_000000000zk',
  }),
  'webhook-timestamp': z.string().meta({
    param: { id: 'WebhookTimestamp' },
    description:
      'When the request was sent (Unix seconds). Refuse a request that is more than 5 minutes off.',
    example: '1803891600',
  }),
  'webhook-signature': z.string().meta({
    param: { id: 'WebhookSignature' },
    description:
      'Signatures, separated by spaces: `v1,` and the base64 of the HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}`, by the Standard Webhooks scheme. One that matches is sufficient; while a secret is replaced there are two.',
    example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  }),
});

/** The declaration of every message. */
export const webhookMessages: Webhooks = {
  headers,
  answers: {
    '2XX': 'The message is accepted. It must be answered within 10 seconds.',
    410: 'The endpoint is gone: the webhook is disabled.',
    default: 'The message is not accepted, and is sent again for 3 days. Redirects are not followed.',
  },
  messages: [
    ...eventTypes.map((type) => ({
      type,
      description: eventData[type].description ?? '',
      message: messageOf(type, sentEventData(type)),
    })),
    { type: testType, description: 'A test was requested.', message: testMessage },
  ],
};

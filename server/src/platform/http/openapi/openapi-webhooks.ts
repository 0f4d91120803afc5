// The webhooks section of the OpenAPI document.
import type { z } from 'zod';
import { unionByType } from '../contract/union-by-type.ts';
import type { Webhooks } from '../contract/webhook.ts';

/** A response that no operation references. Makes the messages components with open enums, as in responses. */
export const messagesResponse = 'WebhookMessages';

/** Returns the section, and the responses that it needs among the components. */
export function openApiWebhooks({ headers, answers, messages }: Webhooks) {
  const responses = Object.entries(answers).map(([status, description]) => {
    const name = `Webhook${status === 'default' ? 'Refused' : status}`;
    return { status, name, description };
  });
  const references = Object.fromEntries(
    responses.map(({ status, name }) => [status, { $ref: `#/components/responses/${name}` }]),
  );
  const items = messages.map(({ type, description, message }) => [
    type,
    {
      post: {
        operationId: `receive${idOf(message).replace(/Message$/, '')}`,
        summary: description,
        tags: ['Webhooks'],
        security: [],
        requestParams: { header: headers },
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: `#/components/schemas/${idOf(message)}` } } },
        },
        responses: references,
      },
    },
  ]);
  const union = unionByType(
    {
      id: 'WebhookMessage',
      description: 'The body of a request to a webhook. Later versions may add types and fields.',
    },
    messages.map(({ type, message }) => ({ type, schema: message })),
  );
  return {
    webhooks: Object.fromEntries(items) as Record<string, Record<string, unknown>>,
    responses: {
      ...Object.fromEntries(responses.map(({ name, description }) => [name, { description }])),
      [messagesResponse]: { description: '', content: { 'application/json': { schema: union } } },
    },
  };
}

function idOf(schema: z.ZodType): string {
  const id = schema.meta()?.id;
  if (id === undefined) throw new Error('the message of a webhook needs an id');
  return id;
}

// The webhooks section of the OpenAPI document.
import { expect, test } from 'vitest';
import type { AnyShape } from '../../../test/answer.ts';
import { app, useApp } from '../../../test/use-app.ts';
import { eventTypes } from '../../domain/event-types.ts';

useApp();

test('Each type of event has a schema of its data, and a webhook with the message', async () => {
  const { body: document } = await app.call('GET', '/openapi.json', undefined, null);
  const resolve = ({ $ref, ...own }: AnyShape): AnyShape =>
    $ref
      ? $ref
          .split('/')
          .slice(1)
          .reduce((value: AnyShape, key: string) => value[key], document)
      : own;
  expect(Object.keys(document.components.schemas.PintailEvent.discriminator.mapping)).toEqual([
    ...eventTypes,
  ]);
  expect(Object.keys(document.webhooks)).toEqual([...eventTypes, 'webhook.test']);
  for (const [type, { post }] of Object.entries<AnyShape>(document.webhooks)) {
    const message = resolve(post.requestBody.content['application/json'].schema);
    expect(message.properties.type.const).toBe(type);
    const names = post.parameters.map((parameter: AnyShape) => resolve(parameter).name);
    expect(names).toEqual(['webhook-id', 'webhook-timestamp', 'webhook-signature']);
    expect(Object.keys(post.responses).sort()).toEqual(['2XX', '410', 'default']);
    if (type === 'webhook.test') continue;
    const name = document.components.schemas.PintailEvent.discriminator.mapping[type];
    const [shared, own] = resolve({ $ref: name }).allOf;
    const base = resolve(shared);
    expect(own.properties.type.const).toBe(type);
    expect(message.properties.data).toEqual(own.properties.data);
    expect(message.properties.timestamp).toEqual(base.properties.timestamp);
  }
});

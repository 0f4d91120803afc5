// A webhook that was narrowed to some accounts shows, sends and repeats nothing of other accounts; scopes of webhooks.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AnyShape } from '../../../test/answer.ts';
import type { PinterestAccount } from '../../../test/app.ts';
import {
  ok,
  type Receiver,
  startReceiver,
  startWebhookApp,
  type WebhookApp,
} from './sending/receiver.fixture.ts';

let app: WebhookApp;
let receiver: Receiver;
let own: PinterestAccount;
let other: PinterestAccount;
/** Restricted to the account `own`. */
let restricted: string;

beforeAll(async () => {
  receiver = await startReceiver();
  app = await startWebhookApp([receiver]);
  own = await app.connectAccount();
  other = await app.connectAccount();
  restricted = (await app.makeKey({ accountIds: [own.accountId] })).key;
  await app.deliver();
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer = ok;
});
afterAll(async () => {
  await app.stop();
  await receiver.close();
});

const narrow = async (webhook: { id: string }) => {
  const body = { accountIds: [own.accountId] };
  expect((await app.call('PATCH', `/v1/webhooks/${webhook.id}`, body)).status).toBe(200);
};
const accountsSent = () => [...new Set(receiver.received.map(({ message }) => message.data.accountId))];
const accountOf = (delivery: AnyShape) => JSON.parse(delivery.request.body).data.accountId;

/** A webhook of all accounts, and one event of each account and one of none, delivered. */
async function servedWebhook() {
  const webhook = await app.subscribe(receiver, { events: ['post.sent', 'batch.completed'] });
  for (const accountId of [own.accountId, other.accountId]) await app.happen(1, { accountId });
  await app.happen(1, { accountId: null, type: 'batch.completed' });
  await app.deliver();
  receiver.received.length = 0;
  return { webhook, all: (await app.deliveriesOf(webhook)).deliveries as AnyShape[] };
}

describe('a webhook that was narrowed to an account', () => {
  test('it lists earlier deliveries of that account only, for every key and in every page', async () => {
    const { webhook, all } = await servedWebhook();
    expect(all).toHaveLength(3);
    await narrow(webhook);
    for (const key of [restricted, app.key]) {
      for (const query of ['', '?status=delivered', '?limit=1', `?cursor=${all[0].id}`]) {
        const { deliveries, cursor } = await app.deliveriesOf(webhook, query, key);
        expect(deliveries.every((delivery: AnyShape) => accountOf(delivery) === own.accountId)).toBe(true);
        expect(cursor).toBe(null);
      }
      expect((await app.deliveriesOf(webhook, '', key)).deliveries).toHaveLength(1);
    }
  });

  test('deliveries of other accounts cannot be sent again, one by one or by time', async () => {
    const { webhook, all } = await servedWebhook();
    await narrow(webhook);
    for (const delivery of all) {
      const isOwn = accountOf(delivery) === own.accountId;
      for (const key of [restricted, app.key]) {
        const path = `/v1/webhooks/${webhook.id}/deliveries/${delivery.id}/redeliver`;
        expect((await app.call('POST', path, undefined, key)).status).toBe(isOwn ? 202 : 404);
      }
    }
    const since = new Date(app.clock.now().getTime() - 3_600_000).toISOString();
    const body = { since, includeDelivered: true };
    const replay = await app.call('POST', `/v1/webhooks/${webhook.id}/redeliver`, body, restricted);
    expect(replay.status).toBe(202);
    await app.deliver();
    expect(accountsSent()).toEqual([own.accountId]);
  });

  test('deliveries of other accounts that are pending at that moment are not sent', async () => {
    const webhook = await app.subscribe(receiver, { events: ['post.sent'] });
    receiver.answer = (response) => void response.writeHead(503).end();
    for (const accountId of [own.accountId, other.accountId]) await app.happen(1, { accountId });
    await app.deliver();
    await narrow(webhook);
    receiver.received.length = 0;
    receiver.answer = ok;
    app.clock.advance(3_600_000);
    await app.deliver();
    expect(accountsSent()).toEqual([own.accountId]);
    expect(await app.tally(webhook)).toEqual({ delivered: 1, failed: 1 });
  });

  test('pending deliveries of types that were removed are not sent', async () => {
    const webhook = await app.subscribe(receiver, { events: ['post.sent', 'post.failed'] });
    await app.happen(1, { type: 'post.failed' });
    await app.happen(1);
    await app.app.webhooks.run();
    await app.call('PATCH', `/v1/webhooks/${webhook.id}`, { events: ['post.sent'] });
    await app.deliver();
    expect(receiver.received.map(({ message }) => message.type)).toEqual(['post.sent']);
  });
});

describe('scopes', () => {
  test('every operation of webhooks needs webhooks:write and posts:read', async () => {
    const { id } = await app.subscribe(receiver);
    for (const [scopes, missing] of [
      [['webhooks:write'], ['posts:read']],
      [['posts:read'], ['webhooks:write']],
      [['accounts:read'], ['webhooks:write', 'posts:read']],
    ] as const) {
      const { key } = await app.makeKey({ scopes: [...scopes] });
      for (const [method, path] of [
        ['GET', '/v1/webhooks'],
        ['POST', '/v1/webhooks'],
        ['GET', `/v1/webhooks/${id}/deliveries`],
        ['POST', `/v1/webhooks/${id}/redeliver`],
      ] as const) {
        const body = method === 'POST' ? { url: receiver.url } : undefined;
        const answer = await app.call(method, path, body, key);
        expect(answer.status).toBe(403);
        const messages = answer.body.error.details.map(({ message }: AnyShape) => message);
        expect(messages).toEqual(missing.map((scope) => `The key needs the scope "${scope}".`));
      }
    }
    const { key } = await app.makeKey({ scopes: ['webhooks:write', 'posts:read'] });
    expect((await app.call('GET', '/v1/webhooks', undefined, key)).status).toBe(200);
  });

  test('a key without keys:write neither sees nor repeats the deliveries of events of keys', async () => {
    const webhook = await app.subscribe(receiver, { events: ['api_key.created', 'post.sent'] });
    await app.happen(1);
    await app.call('POST', '/v1/api-keys', { name: 'new' });
    await app.deliver();
    const all = (await app.deliveriesOf(webhook)).deliveries as AnyShape[];
    expect(all.map(({ type }) => type)).toEqual(['api_key.created', 'post.sent']);
    await app.call('PATCH', `/v1/webhooks/${webhook.id}`, { events: ['post.sent'] });
    const { key } = await app.makeKey({ scopes: ['webhooks:write', 'posts:read'] });
    const seen = (await app.deliveriesOf(webhook, '', key)).deliveries as AnyShape[];
    expect(seen.map(({ type }) => type)).toEqual(['post.sent']);
    const path = `/v1/webhooks/${webhook.id}/deliveries/${all[0].id}/redeliver`;
    expect((await app.call('POST', path, undefined, key)).status).toBe(404);
  });
});

test('the response of an allowed private host is not stored, and its status is', async () => {
  const webhook = await app.subscribe(receiver);
  receiver.answer = (response) => void response.writeHead(404).end('internal-secret');
  await app.happen(1, { accountId: own.accountId });
  await app.deliver();
  const [delivery] = (await app.deliveriesOf(webhook)).deliveries;
  expect(delivery.lastAttempt).toMatchObject({ status: 404, answer: null });
  const { rows } = await app.database.pool.query(
    'select answer from webhook_deliveries where answer is not null',
  );
  expect(rows).toEqual([]);
});

// Webhooks over the API: who may have which, where they may lead, and what the scheme promises of a signature.

import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemActor } from '../../platform/use-case/index.ts';
import {
  ok,
  type Receiver,
  startReceiver,
  startWebhookApp,
  type WebhookApp,
} from './sending/receiver.fixture.ts';

let app: WebhookApp;
let receiver: Receiver;
let key: string;
let organizationId: string;
let number = 0;

beforeAll(async () => {
  receiver = await startReceiver();
  app = await startWebhookApp([receiver]);
});
beforeEach(async () => {
  number += 1;
  ({ key, organizationId } = await app.makeKey({ organization: `Hooks ${number}` }));
  receiver.received.length = 0;
  receiver.answer = ok;
});
afterAll(async () => {
  await app.stop();
  await receiver.close();
});

const call = (method: string, path: string, body?: unknown) => app.call(method, path, body, key);

/** Moves the machine's own time, which the independent package looks at, to the test's. */
function verify(secret: string, { headers, body }: Receiver['received'][number]): unknown {
  const realNow = Date.now;
  Date.now = () => app.clock.now().getTime();
  try {
    return new Webhook(secret).verify(body, headers);
  } finally {
    Date.now = realNow;
  }
}

const [hour, day] = [3_600_000, 24 * 3_600_000];

describe('a webhook', () => {
  test('a webhook gets the events after its creation, signed so that another library verifies them', async () => {
    await app.happen(1, { organizationId });
    const webhook = await app.subscribe(receiver, {}, key);
    await app.happen(1, { organizationId, type: 'post.failed' });
    await app.deliver();
    expect(receiver.received).toHaveLength(1);
    const [sent] = receiver.received as [Receiver['received'][number]];
    const { body: log } = await call('GET', '/v1/events');
    const [, event] = log.data.events;
    expect(verify(webhook.secret, sent)).toEqual({
      type: 'post.failed',
      timestamp: app.clock.now().toISOString(),
      data: { ...event.data, accountId: 'acc_1', postId: 'post_1', actor: systemActor },
    });
    expect(sent.headers['webhook-id']).toBe(event.id);
    expect(sent.headers['content-type']).toBe('application/json');
    expect(() => verify(webhook.secret, { ...sent, body: `${sent.body} ` })).toThrow('No matching signature');
    expect(() => verify(`whsec_${'A'.repeat(43)}=`, sent)).toThrow('No matching signature');
  });

  test('a webhook shows its secret once, and the database stores it encrypted', async () => {
    const webhook = await app.subscribe(receiver, { description: 'Ours' }, key);
    expect(webhook.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const shown = await call('GET', `/v1/webhooks/${webhook.id}`);
    expect(shown.body.data.webhook).toMatchObject({ url: receiver.url, status: 'active', events: null });
    expect(JSON.stringify([shown.body, (await call('GET', '/v1/webhooks')).body])).not.toContain('whsec_');
    const { rows } = await app.database.pool.query('select * from webhooks where id = $1', [webhook.id]);
    expect(rows[0].secret.toString('latin1')).not.toContain(webhook.secret.slice(6));
    expect(JSON.stringify(app.logLines)).not.toContain(webhook.secret.slice(6));
  });

  test('a webhook gets only the event types and accounts that it names', async () => {
    const account = await app.connectAccount({ organizationId });
    await app.subscribe(receiver, { events: ['post.sent'], accountIds: [account.accountId] }, key);
    await app.happen(1, { organizationId });
    await app.happen(1, { organizationId, accountId: account.accountId });
    await app.happen(1, { organizationId, accountId: account.accountId, type: 'post.failed' });
    await app.happen(1, { organizationId, accountId: account.accountId, type: 'post.claimed' });
    await app.deliver();
    expect(receiver.received.map(({ message }) => [message.type, message.data.accountId])).toEqual([
      ['post.sent', account.accountId],
    ]);
  });

  test('a webhook can be changed, disabled, enabled and deleted', async () => {
    const webhook = await app.subscribe(receiver, { description: 'Ours' }, key);
    const path = `/v1/webhooks/${webhook.id}`;
    const changed = await call('PATCH', path, { description: null, events: ['post.failed'] });
    expect(changed.body.data.webhook).toMatchObject({ description: null, events: ['post.failed'] });
    const off = await call('PATCH', path, { enabled: false, events: null });
    expect(off.body.data.webhook).toMatchObject({ status: 'disabled', disabledReason: 'by_hand' });
    await app.happen(1, { organizationId });
    await app.deliver();
    expect((await call('POST', `${path}/test`)).status).toBe(409);
    const on = await call('PATCH', path, { enabled: true });
    expect(on.body.data.webhook).toMatchObject({ status: 'active', disabledReason: null });
    await app.happen(1, { organizationId });
    await app.deliver();
    expect(receiver.received).toHaveLength(1);
    const gone = await call('DELETE', path);
    expect(gone.body.data).toEqual({ deleted: true, id: webhook.id });
    expect((await call('GET', path)).status).toBe(404);
    await app.happen(1, { organizationId });
    await app.deliver();
    expect(receiver.received).toHaveLength(1);
  });

  test('a webhook can be tested', async () => {
    const webhook = await app.subscribe(receiver, {}, key);
    const answer = await call('POST', `/v1/webhooks/${webhook.id}/test`);
    expect([answer.status, answer.body.data.delivery.status]).toEqual([202, 'pending']);
    await app.deliver();
    const [sent] = receiver.received as [Receiver['received'][number]];
    expect(verify(webhook.secret, sent)).toMatchObject({
      type: 'webhook.test',
      data: { webhookId: webhook.id },
    });
    expect((await app.deliveriesOf(webhook, '', key)).deliveries[0]).toMatchObject({
      type: 'webhook.test',
      eventId: null,
      status: 'delivered',
    });
  });

  test('a replaced secret signs for a day more', async () => {
    const webhook = await app.subscribe(receiver, {}, key);
    const rotated = await call('POST', `/v1/webhooks/${webhook.id}/rotate-secret`);
    const { secret, webhook: shown } = rotated.body.data;
    expect(secret).not.toBe(webhook.secret);
    expect(shown.previousSecretUntil).toBe(Math.floor((app.clock.now().getTime() + day) / 1000));
    await app.happen(1, { organizationId });
    await app.deliver();
    const [during] = receiver.received as [Receiver['received'][number]];
    verify(webhook.secret, during);
    verify(secret, during);
    app.clock.advance(day);
    await app.happen(1, { organizationId });
    await app.deliver();
    const after = receiver.received.at(-1) as Receiver['received'][number];
    verify(secret, after);
    expect(() => verify(webhook.secret, after)).toThrow('No matching signature');
    expect((await app.webhook(webhook, key)).previousSecretUntil).toBeNull();
  });
});

describe('a webhook is refused', () => {
  test.each([
    ['http://127.0.0.1:1/hook', 'private_address'],
    ['http://localhost/hook', 'private_address'],
    ['http://169.254.169.254/latest/meta-data/', 'private_address'],
    ['http://[::1]/hook', 'private_address'],
    ['http://10.1.2.3/hook', 'private_address'],
    ['http://user:password@8.8.8.8/hook', 'bad_url'],
    ['ftp://8.8.8.8/hook', 'invalid_url'],
    ['hook', 'invalid_url'],
  ])('when it leads to %s', async (url, code) => {
    const answer = await call('POST', '/v1/webhooks', { url });
    expect([answer.status, answer.body.error.details[0]]).toMatchObject([400, { path: 'url', code }]);
    if (code === 'private_address')
      expect(answer.body.error.details[0].message).toContain('WEBHOOK_ALLOWED_PRIVATE_HOSTS');
  });

  test('a webhook is refused with all invalid fields at once', async () => {
    const answer = await call('POST', '/v1/webhooks', { url: 1, events: ['post.snet'], secrt: 'x' });
    expect(answer.body.error.details.map(({ path }: { path: string }) => path).sort()).toEqual([
      'events.0',
      'secrt',
      'url',
    ]);
    const unknown = await call('POST', '/v1/webhooks', { url: receiver.url, accountIds: ['acc_nobody'] });
    expect([unknown.status, unknown.body.error.details[0].code]).toEqual([400, 'account_not_found']);
  });

  test('a change to a private address is refused', async () => {
    const webhook = await app.subscribe(receiver, {}, key);
    const answer = await call('PATCH', `/v1/webhooks/${webhook.id}`, { url: 'http://127.0.0.1:1/' });
    expect([answer.status, answer.body.error.details[0].code]).toEqual([400, 'private_address']);
  });
});

describe('what a key may not see', () => {
  test('webhooks of other organizations and accounts are not found', async () => {
    const account = await app.connectAccount({ organizationId });
    const webhook = await app.subscribe(receiver, {}, key);
    const organization = `Hooks ${number}`;
    const stranger = (await app.makeKey({ organization: 'Strangers' })).key;
    const restricted = (await app.makeKey({ organization, accountIds: [account.accountId] })).key;
    for (const other of [stranger, restricted]) {
      for (const [method, path] of [
        ['GET', ''],
        ['DELETE', ''],
        ['POST', '/test'],
        ['POST', '/rotate-secret'],
        ['GET', '/deliveries'],
        ['POST', '/deliveries/whd_00000000001/redeliver'],
      ] as const) {
        const answer = await app.call(method, `/v1/webhooks/${webhook.id}${path}`, undefined, other);
        expect([path, answer.status, answer.body.error.message]).toEqual([path, 404, 'Webhook not found']);
      }
      const list = await app.call('GET', '/v1/webhooks', undefined, other);
      expect(list.body.data.webhooks).toEqual([]);
    }
    const own = await app.subscribe(receiver, {}, restricted);
    expect(await app.webhook(own, restricted)).toMatchObject({ accountIds: [account.accountId] });
    const wide = await app.call('PATCH', `/v1/webhooks/${own.id}`, { accountIds: ['acc_1'] }, restricted);
    expect(wide.status).toBe(400);
    const toAll = await app.call('PATCH', `/v1/webhooks/${own.id}`, { accountIds: null }, restricted);
    expect(toAll.body.data.webhook.accountIds).toEqual([account.accountId]);
  });
});

describe('deliveries', () => {
  test('deliveries are listed in pages, newest first, with their request and response', async () => {
    const webhook = await app.subscribe(receiver, {}, key);
    receiver.answer = (response) => void response.writeHead(200).end('for the operator only');
    await app.happen(3, { organizationId });
    await app.deliver();
    const first = await app.deliveriesOf(webhook, '?limit=2', key);
    expect(first.deliveries).toHaveLength(2);
    const second = await app.deliveriesOf(webhook, `?limit=2&cursor=${first.cursor}`, key);
    expect([second.deliveries.length, second.cursor]).toEqual([1, null]);
    const [delivery] = second.deliveries;
    expect(delivery).toMatchObject({
      status: 'delivered',
      attempts: 1,
      nextAttemptAt: null,
      error: null,
      request: { id: delivery.eventId },
      lastAttempt: {
        at: Math.floor(app.clock.now().getTime() / 1000),
        durationMs: 0,
        status: 200,
        answer: null,
      },
    });
    const bodies = receiver.received.map(({ body }) => body);
    expect(bodies).toContain(delivery.request.body);
    expect((await app.deliveriesOf(webhook, '?status=failed', key)).deliveries).toEqual([]);
  });

  test('one delivery, or all that failed or were missed since a time, can be sent again', async () => {
    const webhook = await app.subscribe(receiver, {}, key);
    const path = `/v1/webhooks/${webhook.id}`;
    await app.happen(1, { organizationId });
    await app.deliver();
    const [one] = (await app.deliveriesOf(webhook, '', key)).deliveries;
    const again = await call('POST', `${path}/deliveries/${one.id}/redeliver`);
    expect([again.status, again.body.data.delivery.status]).toEqual([202, 'pending']);
    await app.deliver();
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([one.eventId, one.eventId]);
    expect((await call('POST', `${path}/deliveries/whd_0000000zzzz/redeliver`)).status).toBe(404);

    await call('PATCH', path, { enabled: false });
    app.clock.advance(hour);
    await app.happen(3, { organizationId });
    await app.deliver();
    await call('PATCH', path, { enabled: true });
    receiver.received.length = 0;
    const since = new Date(app.clock.now().getTime() - 2 * hour).toISOString();
    expect((await call('POST', `${path}/redeliver`, { since })).status).toBe(202);
    await app.deliver();
    expect(receiver.received).toHaveLength(3);
    await call('POST', `${path}/redeliver`, { since, includeDelivered: true });
    await app.deliver();
    expect(receiver.received).toHaveLength(3 + 4);
    for (const bad of ['2020-01-01T00:00:00Z', '2030-01-01T00:00:00Z'])
      expect((await call('POST', `${path}/redeliver`, { since: bad })).status).toBe(400);
  });
});

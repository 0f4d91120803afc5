// Deliveries to receivers that fail, hang, redirect, answer too much, or are away for a day or for good.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AnyShape } from '../../../test/answer.ts';
import { eventually } from '../../../test/eventually.ts';
import { readableEvents } from '../../../test/readable-events.ts';
import {
  fail,
  ok,
  type Receiver,
  silent,
  startReceiver,
  startWebhookApp,
  type WebhookApp,
} from './sending/receiver.fixture.ts';

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 24 * 3_600_000];

let app: WebhookApp;
let receiver: Receiver;
let other: Receiver;

beforeEach(async () => {
  receiver = await startReceiver();
  other = await startReceiver();
  app = await startWebhookApp([receiver, other]);
});
afterEach(async () => {
  await app.stop();
  await Promise.all([receiver.close(), other.close()]);
});

async function deliverAfter(ms: number): Promise<void> {
  app.clock.advance(ms);
  await app.deliver();
}

/** Delivers while receivers may say nothing: time goes on meanwhile. */
async function deliverWhileTimePasses(): Promise<void> {
  let isDone = false;
  const delivering = app.deliver().finally(() => {
    isDone = true;
  });
  await eventually('it is given up', () => {
    app.clock.advance(second);
    return isDone;
  });
  await delivering;
}

const numberOf = (message: AnyShape) => Number(message.data.postId.slice('post_'.length));
const numbersAt = ({ received }: Receiver) => received.map(({ message }) => numberOf(message));

describe('a delivery', () => {
  test('a delivery that is refused is sent again, as the same message, until it is accepted', async () => {
    const webhook = await app.subscribe(receiver);
    receiver.answer = fail;
    await app.happen(1);
    await app.deliver();
    const [failing] = (await app.deliveriesOf(webhook)).deliveries;
    expect(failing).toMatchObject({
      status: 'pending',
      attempts: 1,
      error: null,
      lastAttempt: { status: 500, answer: null },
    });
    expect(await app.webhook(webhook)).toMatchObject({ status: 'failing' });
    await deliverAfter(3 * second);
    expect(receiver.received).toHaveLength(1);
    await deliverAfter(3 * second);
    receiver.answer = ok;
    await deliverAfter(40 * second);
    await deliverAfter(hour);
    expect(receiver.received).toHaveLength(3);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(3);
    expect((await app.deliveriesOf(webhook)).deliveries[0]).toMatchObject({
      status: 'delivered',
      attempts: 3,
    });
    expect(await app.webhook(webhook)).toMatchObject({ status: 'active', failingSince: null });
  });

  test('a delivery to a receiver that does not answer times out after ten seconds, and others do not wait for it', async () => {
    const webhook = await app.subscribe(receiver);
    const prompt = await app.subscribe(other);
    receiver.answer = silent;
    await app.happen(1);
    await deliverWhileTimePasses();
    expect((await app.deliveriesOf(webhook)).deliveries[0]).toMatchObject({
      status: 'pending',
      error: 'timeout',
      lastAttempt: { status: null, answer: null, durationMs: 10_000 },
    });
    const [delivered] = (await app.deliveriesOf(prompt)).deliveries;
    expect(delivered).toMatchObject({ status: 'delivered', attempts: 1 });
    expect(delivered.lastAttempt.durationMs).toBeLessThan(10_000);
  });

  test('a delivery does not follow a redirect', async () => {
    const webhook = await app.subscribe(receiver);
    receiver.answer = (response) => void response.writeHead(307, { location: other.url }).end();
    await app.happen(1);
    await app.deliver();
    expect(other.received).toEqual([]);
    expect((await app.deliveriesOf(webhook)).deliveries[0]).toMatchObject({
      status: 'pending',
      lastAttempt: { status: 307 },
    });
  });

  test('a delivery is not sent to an address that has become private', async () => {
    const webhook = await app.subscribe(receiver);
    for (const [url, reason] of [
      ['http://127.0.0.1:1/hook', 'private_address'],
      ['http://169.254.169.254/', 'private_address'],
      ['http://[::ffff:10.0.0.1]/', 'private_address'],
    ]) {
      await app.database.pool.query('update webhooks set url = $1, failures = 0', [url]);
      await app.happen(1);
      await app.deliver();
      expect((await app.deliveriesOf(webhook)).deliveries[0]).toMatchObject({ error: reason, attempts: 1 });
    }
    expect(receiver.received).toEqual([]);
  });

  test('a delivery is complete once the status has arrived; only the beginning of a large body is read', async () => {
    const webhook = await app.subscribe(receiver);
    let written = 0;
    receiver.answer = (response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(1024 * 1024, 'y');
      // 200 MB, as far as they are taken.
      const write = () => {
        while (written < 200 && !response.destroyed) {
          written += 1;
          if (!response.write(chunk)) return void response.once('drain', write);
        }
        response.end();
      };
      write();
    };
    await app.happen(1);
    await app.deliver();
    const [delivery] = (await app.deliveriesOf(webhook)).deliveries;
    expect(delivery).toMatchObject({ status: 'delivered', lastAttempt: { status: 200 } });
    expect(written).toBeLessThan(50);
  });

  test('a response that never ends, or is not text, still counts', async () => {
    const webhook = await app.subscribe(receiver);
    receiver.answer = (response) => void response.writeHead(202).write(Buffer.from([0xff, 0, 0x41]));
    await app.happen(1);
    await deliverWhileTimePasses();
    expect((await app.deliveriesOf(webhook)).deliveries[0]).toMatchObject({
      status: 'delivered',
      lastAttempt: { status: 202 },
    });
  });

  test('a delivery to a closed port fails with connection_failed', async () => {
    const webhook = await app.subscribe(receiver);
    await receiver.close();
    await app.happen(1);
    await app.deliver();
    expect((await app.deliveriesOf(webhook)).deliveries[0]).toMatchObject({
      status: 'pending',
      error: 'connection_failed',
      lastAttempt: { status: null },
    });
  });

  test('a delivery is kept for 30 days', async () => {
    const webhook = await app.subscribe(receiver);
    await app.happen(1);
    await app.deliver();
    app.clock.advance(30 * day - hour);
    await app.app.webhooks.start();
    app.clock.advance(10 * minute);
    expect((await app.deliveriesOf(webhook)).deliveries).toHaveLength(1);
    await eventually('it is removed', async () => {
      app.clock.advance(10 * minute);
      return (await app.deliveriesOf(webhook)).deliveries.length === 0;
    });
    const stopping = app.app.webhooks.stop(0);
    app.clock.advance(0);
    await stopping;
  });
});

describe('an endpoint', () => {
  test('an endpoint that keeps failing is paused, and tried with one delivery now and then', async () => {
    const webhook = await app.subscribe(receiver);
    receiver.answer = fail;
    await app.happen(30);
    await app.deliver();
    expect(receiver.received).toHaveLength(10);
    for (let look = 0; look < 60; look += 1) await deliverAfter(minute);
    // Ten at first, then one each time that its peace is over: longer and longer, up to a quarter of an hour.
    expect(receiver.received.length).toBeGreaterThan(13);
    expect(receiver.received.length).toBeLessThan(20);
    expect(await app.tally(webhook)).toEqual({ pending: 30 });
  });

  test('an endpoint that was away for a day gets every event within minutes after it is back', async () => {
    const webhook = await app.subscribe(receiver);
    receiver.answer = fail;
    for (let hours = 0; hours < 24; hours += 1) {
      await app.happen(5);
      await deliverAfter(hour);
    }
    expect(await app.tally(webhook)).toEqual({ pending: 120 });
    receiver.answer = ok;
    receiver.received.length = 0;
    await app.happen(1);
    await deliverAfter(20 * minute);
    await app.deliver();
    expect(await app.tally(webhook)).toEqual({ delivered: 121 });
    expect(receiver.received).toHaveLength(121);
    expect(await app.webhook(webhook)).toMatchObject({ status: 'active' });
  });

  test('an endpoint that accepts nothing for three days is disabled, with an event, and no delivery is lost', async () => {
    const webhook = await app.subscribe(receiver);
    const watcher = await app.subscribe(other, { events: ['webhook.disabled'] });
    receiver.answer = fail;
    for (let hours = 0; hours < 76; hours += 4) {
      if (hours < 72) await app.happen(8);
      await deliverAfter(4 * hour);
    }
    expect(await app.webhook(webhook)).toMatchObject({ status: 'disabled', disabledReason: 'failing' });
    const tally = await app.tally(webhook);
    expect(tally.pending).toBeUndefined();
    // Those of the first hours had all their attempts; the rest are given up with the endpoint.
    expect(tally.failed).toBeGreaterThanOrEqual(142);
    await readableEvents(app.database.db);
    const { body } = await app.call('GET', '/v1/events?type=webhook.disabled');
    expect(body.data.events[0].data).toMatchObject({ webhookId: webhook.id, reason: 'failing' });
    await app.deliver();
    expect(other.received.map(({ message }) => message.data.webhookId)).toEqual([webhook.id]);
    expect(await app.webhook(watcher)).toMatchObject({ status: 'active' });

    // Its owner fixes it and requests the events that it missed.
    receiver.answer = ok;
    receiver.received.length = 0;
    await app.call('PATCH', `/v1/webhooks/${webhook.id}`, { enabled: true });
    const since = new Date(app.clock.now().getTime() - 10 * day).toISOString();
    await app.call('POST', `/v1/webhooks/${webhook.id}/redeliver`, { since });
    await app.deliver();
    // And of the event that it was disabled itself.
    expect(receiver.received).toHaveLength(144 + 1);
  });

  test('an endpoint that answers 410 is disabled at once', async () => {
    const webhook = await app.subscribe(receiver);
    receiver.answer = (response) => void response.writeHead(410).end();
    await app.happen(3);
    await app.deliver();
    expect(await app.webhook(webhook)).toMatchObject({ status: 'disabled', disabledReason: 'gone' });
    expect(await app.tally(webhook)).toEqual({ failed: 3 });
  });

  test('an endpoint that refuses one event and accepts the others is not paused', async () => {
    const webhook = await app.subscribe(receiver);
    receiver.answer = (response, { message }) => (numberOf(message) === 3 ? fail(response) : ok(response));
    for (let round = 0; round < 10; round += 1) {
      await app.happen(1);
      await deliverAfter(minute);
    }
    await app.happen(5);
    await deliverAfter(minute);
    expect(await app.tally(webhook)).toEqual({ delivered: 14, pending: 1 });
    for (let round = 0; round < 24; round += 1) {
      await deliverAfter(4 * hour);
      if (round % 3 === 0) await app.happen(1);
    }
    const tally = await app.tally(webhook);
    expect(tally).toEqual({ delivered: 14 + 8, failed: 1 });
    expect((await app.deliveriesOf(webhook, '?status=failed')).deliveries[0].attempts).toBeGreaterThan(10);
    expect(await app.webhook(webhook)).toMatchObject({ status: 'active' });
    expect(numbersAt(receiver).filter((number) => number === 3).length).toBeGreaterThan(10);
  });
});

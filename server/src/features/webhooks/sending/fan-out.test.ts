// From the event log to receivers: every event reaches each webhook that subscribes to it, although processes die.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../../test/eventually.ts';
import { readableEvents } from '../../../../test/readable-events.ts';
import { createEncryption, keyFromFile } from '../../../platform/encryption.ts';
import { createOutbound } from '../../../platform/outbound/index.ts';
import { createLease } from '../../../platform/work/lease.ts';
import { claimEndpoints } from './endpoints.queries.ts';
import { handOut } from './fan-out.queries.ts';
import { createFanOut } from './fan-out.ts';
import {
  fail,
  ok,
  type Receiver,
  startReceiver,
  startWebhookApp,
  type WebhookApp,
} from './receiver.fixture.ts';
import { serveEndpoint } from './serve-endpoint.ts';

const [minute, hour] = [60_000, 3_600_000];
const count = 6;

let app: WebhookApp;
let receivers: Receiver[];
let key: string;
let organizationId: string;
let number = 0;

beforeAll(async () => {
  receivers = await Promise.all(Array.from({ length: count }, startReceiver));
  app = await startWebhookApp(receivers);
});
beforeEach(async () => {
  number += 1;
  ({ key, organizationId } = await app.makeKey({ organization: `Fans ${number}` }));
});
afterEach(async () => {
  for (const receiver of receivers) {
    receiver.received.length = 0;
    receiver.answer = ok;
  }
  await app.database.pool.query('delete from webhooks; delete from webhook_feeds');
});
afterAll(async () => {
  await app.stop();
  await Promise.all(receivers.map((receiver) => receiver.close()));
});

const subscribeAll = () => Promise.all(receivers.map((receiver) => app.subscribe(receiver, {}, key)));
const idsAt = ({ received }: Receiver) => received.map(({ headers }) => headers['webhook-id'] ?? '');

const anotherFanOut = () => createFanOut({ ...app.parts, database: app.database, handedOut: () => {} });

describe('every event', () => {
  test('every event reaches each receiver once, with several processes that fan out', async () => {
    await subscribeAll();
    const fanOuts = [app.app.webhooks, ...Array.from({ length: 3 }, anotherFanOut)];
    for (let round = 0; round < 3; round += 1) {
      const writing = app.happen(130, { organizationId });
      await Promise.all(fanOuts.map((fanOut) => fanOut.run()));
      await writing;
    }
    await Promise.all(fanOuts.map((fanOut) => fanOut.run()));
    await app.deliver();
    await app.deliver();
    for (const receiver of receivers) {
      expect(idsAt(receiver)).toHaveLength(390);
      expect(new Set(idsAt(receiver)).size).toBe(390);
    }
  });

  test('every event is delivered or recorded as failed when a third of the receivers fails permanently', async () => {
    const webhooks = await subscribeAll();
    for (const receiver of receivers.slice(0, count / 3)) receiver.answer = fail;
    const events = 60;
    await app.happen(events, { organizationId });
    await app.deliver();
    for (const webhook of webhooks.slice(count / 3)) {
      expect(await app.tally(webhook)).toEqual({ delivered: events });
    }
    for (let hours = 0; hours < 80; hours += 4) {
      app.clock.advance(4 * hour);
      await app.deliver();
    }
    for (const [index, webhook] of webhooks.entries()) {
      const isDead = index < count / 3;
      const { delivered = 0, failed = 0, pending = 0 } = await app.tally(webhook);
      expect([pending, failed]).toEqual([0, isDead ? events : 0]);
      expect((await app.webhook(webhook, key)).status).toBe(isDead ? 'disabled' : 'active');
      // The other webhooks received the events of the two that were disabled.
      if (!isDead) expect(delivered).toBe(events + count / 3);
      if (!isDead) expect(new Set(idsAt(receivers[index] as Receiver)).size).toBe(events + count / 3);
    }
  });
});

describe('a process that dies', () => {
  test('a process that dies during fan-out has created no delivery, and the next process continues at the same event', async () => {
    const [webhook] = await subscribeAll();
    await app.happen(20, { organizationId });
    const now = app.clock.now();
    await expect(
      app.database.transaction(async (tx) => {
        const expiresAt = new Date(now.getTime() + hour);
        expect(await handOut(tx, organizationId, { types: ['post.sent'], limit: 10, now, expiresAt })).toBe(
          10,
        );
        throw new Error('killed');
      }),
    ).rejects.toThrow('killed');
    expect(await app.tally(webhook as { id: string })).toEqual({});
    await app.deliver();
    for (const receiver of receivers) expect(new Set(idsAt(receiver)).size).toBe(20);
  });

  test('deliveries of a process that dies before it records them are sent again by another process, and none is lost', async () => {
    const [receiver] = receivers as [Receiver];
    const webhook = await app.subscribe(receiver, {}, key);
    await app.happen(25, { organizationId });
    await readableEvents(app.database.db);
    await app.app.webhooks.run();
    const died = Promise.withResolvers<void>();
    // A dead process gets no answer.
    const never = () => {
      died.resolve();
      return new Promise<never>(() => {});
    };
    const now = app.clock.now();
    const leaseUntil = new Date(now.getTime() + minute / 2);
    const [endpoint] = await claimEndpoints(app.database.db, {
      ...{ now, leaseUntil, limit: 1 },
      ...{ active: [], perOrganization: 1 },
    });
    if (!endpoint) throw new Error('nothing was due');
    void serveEndpoint(
      {
        ...app.parts,
        database: { ...app.database, transaction: never },
        outbound: createOutbound({ allowedPrivateHosts: [receiver.pair], clock: app.clock }),
        encryption: createEncryption(keyFromFile(`${app.parts.config.dataDir}/encryption.key`)),
        random: () => 0.5,
        watch: { attempted: () => {}, disabled: () => {} },
      },
      endpoint,
      { lease: createLease(app.clock, leaseUntil), stopping: new AbortController().signal },
    );
    await died.promise;
    expect(receiver.received).toHaveLength(10);
    await app.deliver();
    // Its lease keeps others away until it has surely ended.
    expect(receiver.received).toHaveLength(10);
    app.clock.advance(minute);
    await app.deliver();
    expect(await app.tally(webhook)).toEqual({ delivered: 25 });
    expect(receiver.received).toHaveLength(35);
    expect(new Set(idsAt(receiver)).size).toBe(25);
  });
});

test('without webhooks the only statement is a check for webhooks, twice a minute', async () => {
  const asked: string[] = [];
  const { executeQuery } = app.database.db.getExecutor();
  await app.app.webhooks.start();
  const executor = app.database.db.getExecutor();
  executor.executeQuery = ((query, ...rest) => {
    asked.push(query.sql);
    return executeQuery.call(executor, query, ...rest);
  }) as typeof executeQuery;
  app.clock.advance(minute);
  await eventually('it was asked', () => asked.length >= 2);
  executor.executeQuery = executeQuery;
  await app.app.webhooks.stop(0);
  expect(asked).toHaveLength(2);
  for (const query of asked) expect(query).toContain('from webhook_feeds');
});

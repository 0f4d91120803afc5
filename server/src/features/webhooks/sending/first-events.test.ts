// The border between the events before a webhook and those that it receives. Commits decide it, not times.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { sampleJson } from '../../../../test/sample-events.ts';
import { systemActor } from '../../../platform/use-case/index.ts';
import { ok, type Receiver, startReceiver, startWebhookApp, type WebhookApp } from './receiver.fixture.ts';

const minute = 60_000;

let app: WebhookApp;
let receiver: Receiver;
let other: Receiver;
let key: string;
let organizationId: string;
let number = 0;

beforeAll(async () => {
  [receiver, other] = await Promise.all([startReceiver(), startReceiver()]);
  app = await startWebhookApp([receiver, other]);
});
beforeEach(async () => {
  number += 1;
  ({ key, organizationId } = await app.makeKey({ organization: `First events ${number}` }));
  for (const { received } of [receiver, other]) received.length = 0;
  receiver.answer = ok;
});
afterAll(async () => {
  await app.stop();
  await Promise.all([receiver.close(), other.close()]);
});

const postIds = ({ received }: Receiver) => received.map(({ message }) => message.data.postId).sort();

interface Client {
  query(text: string, values?: unknown[]): Promise<unknown>;
}

function write(client: Client, postId: string, at = app.clock.now()) {
  return client.query(
    `insert into events (organization_id, account_id, post_id, type, at, data, actor)
     values ($1, 'acc_1', $2, 'post.sent', $3, $4, '${JSON.stringify(systemActor)}')`,
    [organizationId, postId, at, sampleJson('post.sent')],
  );
}

/** Runs `work` while another transaction of the database has written and not committed. */
async function beside(work: (client: Client) => Promise<void>): Promise<void> {
  const client = await app.database.pool.connect();
  try {
    await client.query('begin');
    await client.query('select pg_current_xact_id()');
    await work(client);
    await client.query('commit');
  } finally {
    client.release(true);
  }
}

test('an event that committed before a webhook was created is not delivered, though an older transaction runs', async () => {
  await beside(async () => {
    await write(app.database.pool, 'before');
    await app.subscribe(receiver, {}, key);
    await write(app.database.pool, 'after');
  });
  await app.deliver();
  expect(postIds(receiver)).toEqual(['after']);
});

test('an event that commits after a webhook was created is delivered, though its time is earlier', async () => {
  await beside(async (client) => {
    await write(client, 'running', new Date(app.clock.now().getTime() - minute));
    await app.subscribe(receiver, {}, key);
  });
  await app.deliver();
  expect(postIds(receiver)).toEqual(['running']);
});

test('a second webhook does not get events from before its creation that the first one is still waiting for', async () => {
  await app.subscribe(receiver, {}, key);
  await write(app.database.pool, 'first');
  await app.subscribe(other, {}, key);
  await write(app.database.pool, 'second');
  await app.deliver();
  expect([postIds(receiver), postIds(other)]).toEqual([['first', 'second'], ['second']]);
});

test('an enabled webhook does not get events from the time when it was disabled', async () => {
  const webhook = await app.subscribe(receiver, {}, key);
  await app.call('PATCH', `/v1/webhooks/${webhook.id}`, { enabled: false }, key);
  await write(app.database.pool, 'disabled');
  await app.call('PATCH', `/v1/webhooks/${webhook.id}`, { enabled: true }, key);
  await write(app.database.pool, 'enabled');
  await app.deliver();
  expect(postIds(receiver)).toEqual(['enabled']);
});

test('a webhook that was restored from a dump of a server with higher transaction ids gets new events', async () => {
  const webhook = await app.subscribe(receiver, {}, key);
  await app.database.pool.query(
    `update webhooks set events_after = '4000000000:4000000000:' where id = '${webhook.id}'`,
  );
  await write(app.database.pool, 'restored');
  await app.deliver();
  expect(postIds(receiver)).toEqual(['restored']);
  const { rows } = await app.database.pool.query(
    `select events_after from webhooks where id = '${webhook.id}'`,
  );
  expect(rows).toEqual([{ events_after: null }]);
});

test('of events that are written all the time, a new webhook gets all later ones once and no earlier one', async () => {
  for (let round = 0; round < 15; round += 1) {
    receiver.received.length = 0;
    let stage = 'before';
    let isWriting = true;
    const written: string[] = [];
    const writer = async (name: number) => {
      for (let event = 0; isWriting; event += 1) {
        const begun = stage;
        const postId = `${round}-${name}-${event}`;
        await write(app.database.pool, postId);
        // Ended before the webhook was created, begun after it, or beside it, when both are right.
        written.push(`${begun === stage ? stage : 'beside'} ${postId}`);
      }
    };
    const writers = [1, 2, 3].map(writer);
    while (written.length < 6) await new Promise((done) => setImmediate(done));
    // Beside a transaction that is older than every event.
    const older = await app.database.pool.connect();
    await older.query('begin; select pg_current_xact_id()');
    while (written.length < 12) await new Promise((done) => setImmediate(done));
    stage = 'beside';
    const webhook = await app.subscribe(receiver, {}, key);
    stage = 'after';
    const count = written.length;
    while (written.length < count + 9) await new Promise((done) => setImmediate(done));
    isWriting = false;
    await older.query('commit');
    older.release();
    await Promise.all(writers);
    await app.deliver();
    const got = receiver.received.map(({ message }) => message.data.postId as string);
    expect(new Set(got).size).toBe(got.length);
    const of = (kind: string) =>
      written.filter((entry) => entry.startsWith(`${kind} `)).map((entry) => entry.slice(kind.length + 1));
    expect(of('before').filter((postId) => got.includes(postId))).toEqual([]);
    expect(of('after').filter((postId) => !got.includes(postId))).toEqual([]);
    expect(of('after').length).toBeGreaterThan(3);
    await app.call('DELETE', `/v1/webhooks/${webhook.id}`, undefined, key);
  }
});

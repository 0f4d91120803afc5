// The event log as Server-Sent Events.

import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/app.ts';
import { eventually } from '../../../test/eventually.ts';
import { readableEvents } from '../../../test/readable-events.ts';
import { sampleData, sampleJson } from '../../../test/sample-events.ts';
import { wantsEventStream } from '../../platform/http/contract/event-stream.ts';
import { systemActor } from '../../platform/use-case/index.ts';
import { openStream, type StreamClient } from './event-stream.fixture.ts';

let app: TestApp;
const clients: StreamClient[] = [];

beforeAll(async () => {
  app = await createTestApp();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(() => app.stop());

const second = 1_000;

const dataOf = (type: string, filler: string) =>
  filler === '' ? sampleJson(type) : JSON.stringify({ ...sampleData['post.sent'], pinId: filler });

async function log(numbers: number[], { type = 'post.sent', accountId = 'acc_1', filler = '' } = {}) {
  await app.database.pool.query(
    `insert into events (organization_id, account_id, post_id, type, at, data, actor)
     select $1, $2, 'post_' || n, $3, $4, $5, '${JSON.stringify(systemActor)}' from unnest($6::int[]) n`,
    [app.organizationId, accountId, type, app.clock.now(), dataOf(type, filler), numbers],
  );
}

async function open(query = '', options: { key?: string; lastEventId?: string; url?: string } = {}) {
  const { key = app.key, url = app.url, ...rest } = options;
  const client = await openStream(`${url}/v1/events${query}`, { key, ...rest });
  clients.push(client);
  return client;
}

const numbersOf = (client: StreamClient) =>
  client.events.map(({ data }) => Number(data.postId.slice('post_'.length)));

/** Advances the clock, so that the log is polled, until the events have arrived. */
async function untilEvents(client: StreamClient, count: number): Promise<void> {
  await eventually(`${count} events`, () => {
    app.clock.advance(second);
    return client.events.length >= count;
  });
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

test('A stream sends each new event once, as the log shows it', async () => {
  await log([1]);
  await readableEvents(app.database.db);
  const client = await open();
  expect([client.status, client.contentType]).toEqual([200, 'text/event-stream; charset=utf-8']);
  await log([2, 3]);
  await untilEvents(client, 2);
  await log([4]);
  await untilEvents(client, 3);
  expect(numbersOf(client)).toEqual([2, 3, 4]);
  await readableEvents(app.database.db);
  const { body } = await app.call('GET', '/v1/events');
  const shown = body.data.events.slice(1);
  expect(client.events).toEqual(
    shown.map((event: { id: string; type: string }) => ({ id: event.id, type: event.type, data: event })),
  );
});

test('A stream begins to answer when its position is found, so that no later event is missed', async () => {
  await log([1]);
  await readableEvents(app.database.db);
  const blocker = await app.database.pool.connect();
  await blocker.query('begin');
  await blocker.query('lock table events in access exclusive mode');
  let isAnswered = false;
  const opening = open().then((client) => {
    isAnswered = true;
    return client;
  });
  await eventually('the stream waits for the table', async () => {
    const { rows } = await app.database.pool.query(
      `select 1 from pg_locks where relation = 'events'::regclass and not granted`,
    );
    return rows.length > 0;
  });
  await app.call('GET', '/v1/me');
  expect(isAnswered).toBe(false);
  await blocker.query('commit');
  blocker.release();
  const client = await opening;
  await log([2]);
  await untilEvents(client, 1);
  expect(numbersOf(client)).toEqual([2]);
});

test('A stream resumes after the last event that the client has seen, however far behind it is', async () => {
  await log(upTo(250));
  await readableEvents(app.database.db);
  const { body } = await app.call('GET', '/v1/events?limit=100');
  const last = body.data.events.at(-1).id;
  const client = await open('', { lastEventId: last });
  const { body: rest } = await app.call('GET', `/v1/events?after=${last}&limit=100`);
  await client.until(150);
  expect(client.events[0]?.id).toBe(rest.data.events[0].id);
  expect(new Set(client.events.map(({ id }) => id)).size).toBe(client.events.length);
});

test('A stream has the filters and the refusals of the list', async () => {
  const client = await open('?type=post.failed&accountId=acc_2');
  await log([1]);
  await log([2], { type: 'post.failed', accountId: 'acc_2' });
  await untilEvents(client, 1);
  expect(numbersOf(client)).toEqual([2]);
  expect((await open('?type=post.snet')).status).toBe(400);
  expect((await open('', { key: 'pt_test_wrong' })).status).toBe(401);
});

test('A stream sends events that were noticed, even if the horizon has moved back since then', async () => {
  const other = await createTestApp();
  try {
    // As if a transaction of another database ended at the moment of each read.
    await other.database.pool.query(`
      alter function events_horizon() rename to present_horizon;
      create function events_horizon() returns xid8 language sql stable as $$
        select case when current_query() like '%unnest(%' then present_horizon() else '3' end
      $$`);
    const client = await openStream(`${other.url}/v1/events`, { key: other.key });
    clients.push(client);
    await other.connectAccount();
    await eventually('the event of the account', () => {
      other.clock.advance(second);
      return client.events.length > 0;
    });
    client.close();
    // A client that continues after `latest` must have received it.
    const { events, latest } = (await other.call('GET', '/v1/events')).body.data;
    expect(events.at(-1)?.id).toBe(latest);
  } finally {
    await other.stop();
  }
});

test('An idle stream sends a comment line at intervals', async () => {
  const client = await open();
  await eventually('two beats', () => {
    app.clock.advance(15 * second);
    return client.beats() >= 2;
  });
});

test('A stream ends when its key is revoked', async () => {
  const { id, key } = await app.makeKey();
  const client = await open('', { key });
  await app.app.auth.revokeKey(id);
  app.clock.advance(15 * second);
  await eventually('the end', () => client.hasEnded());
});

test('A client that is disconnected before its first event resumes without a gap', async () => {
  await log([1]);
  await readableEvents(app.database.db);
  const client = await open();
  await eventually('the start', () => client.lastId() !== '');
  client.close();
  await eventually('the end', () => client.hasEnded());
  await log([2, 3]);
  const again = await open('', { lastEventId: client.lastId() });
  await untilEvents(again, 2);
  expect(numbersOf(again)).toEqual([2, 3]);
  expect(again.lastId()).toBe(again.events.at(-1)?.id);
});

test('A stream of an organization without events begins at the beginning of the log', async () => {
  const empty = await createTestApp();
  await empty.database.pool.query('delete from events');
  const client = await open('', { key: empty.key, url: empty.url });
  await eventually('the start', () => client.lastId() !== '');
  const again = await open('', { key: empty.key, url: empty.url, lastEventId: client.lastId() });
  await eventually('the start', () => again.lastId() !== '');
  expect(again.lastId()).toBe(client.lastId());
  for (const opened of [client, again]) {
    opened.close();
    await eventually('the end', () => opened.hasEnded());
  }
  await empty.stop();
});

test.each([
  ['text/event-stream', true],
  ['Text/Event-Stream;charset=utf-8', true],
  ['text/event-stream, application/json;q=0.9, */*;q=0.8', true],
  ['text/event-stream, */*', true],
  ['application/json, text/event-stream', false],
  ['application/json, text/event-stream;q=0.1', false],
  ['text/event-stream;q=0', false],
  ['*/*', false],
  ['text/html, application/xhtml+xml, */*;q=0.8', false],
  ['', false],
  [undefined, false],
])('Accept: %s asks for a stream: %s', (accept, isStream) => {
  expect(wantsEventStream(accept)).toBe(isStream);
});

test('A stream ends at once when the server stops', async () => {
  const http = app.app.createHttp();
  const url = await http.listen({ host: '127.0.0.1', port: 0 });
  const client = await open('', { url });
  await http.close();
  await eventually('the end', () => client.hasEnded());
});

test('Without streams, the log is not polled', async () => {
  let queries = 0;
  const query = app.database.pool.query.bind(app.database.pool);
  const client = await open();
  client.close();
  await eventually('nobody listens', () => client.hasEnded());
  app.database.pool.query = ((...parameters: Parameters<typeof query>) => {
    queries += 1;
    return query(...parameters);
  }) as typeof query;
  app.clock.advance(60 * second);
  app.database.pool.query = query;
  expect(queries).toBe(0);
});

test('A client that stops reading uses no memory, is disconnected, and misses no event when it resumes', async () => {
  const count = 6_000;
  const http = app.app.createHttp();
  const sockets: Socket[] = [];
  http.server.on('connection', (socket) => sockets.push(socket));
  const url = await http.listen({ host: '127.0.0.1', port: 0 });
  try {
    const client = await open('', { url });
    client.pause();
    // 48 MB, far more than the network holds.
    await log(upTo(count), { filler: 'x'.repeat(8_000) });
    const [socket] = sockets;
    await eventually('the network is full', () => {
      app.clock.advance(second);
      return (socket?.writableLength ?? 0) > 0 && socket?.writableNeedDrain;
    });
    expect(socket?.writableLength).toBeLessThan(1_000_000);
    expect(socket?.bytesWritten).toBeLessThan(30_000_000);
    await eventually('it is cut off', () => {
      app.clock.advance(15 * second);
      return socket?.destroyed;
    });
    client.resume();
    await eventually('the end', () => client.hasEnded());
    expect(client.events.length).toBeLessThan(count);
    const again = await open('', { url, lastEventId: client.events.at(-1)?.id ?? '' });
    await eventually('the rest', () => client.events.length + again.events.length >= count, 60_000);
    expect([...numbersOf(client), ...numbersOf(again)]).toEqual(upTo(count));
  } finally {
    await http.close();
  }
});

test('A key has at most 10 streams, and an organization 50; others still get one', async () => {
  const keys = await Promise.all(Array.from({ length: 6 }, () => app.makeKey()));
  const openMany = (key: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => open('', { key })));
  const [first, ...others] = keys.map(({ key }) => key);
  expect((await openMany(first ?? '', 10)).map(({ status }) => status)).toEqual(Array(10).fill(200));
  expect((await openMany(first ?? '', 1)).map(({ status }) => status)).toEqual([429]);
  for (const key of others.slice(0, 4)) await openMany(key, 10);
  const refused = await fetch(`${app.url}/v1/events`, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${others[4]}` },
  });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '15']);
  expect(JSON.parse(await refused.text()).error.reason).toBe('too_many_organization_streams');
  const stranger = await app.makeKey({ organization: 'Stranger' });
  expect((await open('', { key: stranger.key })).status).toBe(200);
  // A stream that ends makes room.
  clients[0]?.close();
  await expect.poll(async () => (await open('', { key: first ?? '' })).status).toBe(200);
});

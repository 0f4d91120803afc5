// The event log in pages: no event is skipped or repeated, and none of another organization is shown.

import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/app.ts';
import { createTestDatabase } from '../../../test/database.ts';
import { readableEvents } from '../../../test/readable-events.ts';
import { sampleJson } from '../../../test/sample-events.ts';
import { systemActor } from '../../platform/use-case/index.ts';
import { rebaseRestoredEvents } from './index.ts';

let app: TestApp;
let key: string;
let organizationId: string;
let organizationNumber = 0;

beforeAll(async () => {
  app = await createTestApp();
});
beforeEach(async () => {
  organizationNumber += 1;
  const made = await app.makeKey({ organization: `Log ${organizationNumber}` });
  ({ key, organizationId } = made);
});
afterAll(() => app.stop());

interface Logged {
  accountId?: string | null;
  type?: string;
  /** Tells the events of a test apart; stored as `postId`. */
  number?: number;
  data?: Record<string, unknown>;
}

const insertEvent = `insert into events (organization_id, account_id, post_id, type, at, data, actor)
  values ($1, $2, $3, $4, $5, $6, '${JSON.stringify(systemActor)}')`;

async function log(event: Logged = {}, connection: Pick<pg.Pool, 'query'> = app.database.pool) {
  const { accountId = 'acc_1', type = 'post.sent', number, data } = event;
  await connection.query(insertEvent, [
    organizationId,
    accountId,
    number === undefined ? null : `post_${number}`,
    type,
    app.clock.now(),
    data ? JSON.stringify(data) : sampleJson(type),
  ]);
}

/** The number of obstacles at which readers stop: open transactions of a test, or a log that is ahead of its server. */
let stops = 0;

async function list(query: Record<string, string> = {}, of = key) {
  if (stops === 0) await readableEvents(app.database.db);
  const answer = await app.call('GET', `/v1/events?${new URLSearchParams(query)}`, undefined, of);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.data;
}

const numbersOf = (events: { postId: string }[]) =>
  events.map(({ postId }) => Number(postId.slice('post_'.length)));

/** A transaction of another process, which the test ends. */
async function begin() {
  const client = new pg.Client({ connectionString: app.databaseUrl });
  await client.connect();
  await client.query('begin');
  // It gets its id with the first write.
  await client.query('select pg_current_xact_id()');
  stops += 1;
  return {
    log: (event: Logged) => log(event, client as unknown as pg.Pool),
    async commit() {
      await client.query('commit');
      await client.end();
      stops -= 1;
    },
  };
}

describe('The event log', () => {
  test('the event log is read in pages, oldest first, after any event', async () => {
    for (const number of [1, 2, 3, 4, 5]) await log({ number });
    const first = await list({ limit: '2' });
    expect(numbersOf(first.events)).toEqual([1, 2]);
    const second = await list({ limit: '2', after: first.cursor });
    expect(numbersOf(second.events)).toEqual([3, 4]);
    const third = await list({ limit: '2', after: second.cursor });
    expect(numbersOf(third.events)).toEqual([5]);
    expect(third.cursor).toBeNull();
    expect(third.latest).toBe(third.events[0].id);
    expect(numbersOf((await list({ after: first.events[0].id })).events)).toEqual([2, 3, 4, 5]);
    expect(await list({ after: third.latest })).toEqual({ events: [], cursor: null, latest: third.latest });
  });

  test('an event has its declared fields, with times in Unix seconds, and no others', async () => {
    const sendAt = new Date('2027-03-01T09:00:00Z');
    await log({
      type: 'post.failed',
      data: {
        move: 'refuse',
        status: 'failed',
        externalId: null,
        sendAt,
        failure: {
          code: 'board_not_found',
          message: 'Gone.',
          remediation: 'Pick another.',
          retryable: false,
        },
      },
    });
    const { events } = await list();
    expect(events).toEqual([
      {
        id: expect.stringMatching(/^evt_[0-9a-z]{11}$/),
        type: 'post.failed',
        timestamp: app.clock.now().toISOString(),
        at: Math.floor(app.clock.now().getTime() / 1000),
        accountId: 'acc_1',
        postId: null,
        actor: systemActor,
        data: {
          accountId: 'acc_1',
          postId: null,
          actor: systemActor,
          status: 'failed',
          externalId: null,
          sendAt: sendAt.getTime() / 1000,
          failure: {
            code: 'board_not_found',
            message: 'Gone.',
            remediation: 'Pick another.',
            retryable: false,
          },
        },
      },
    ]);
  });

  test('the event log is filtered by type and account, and omits events of timelines', async () => {
    await log({ type: 'post.created', number: 1 });
    await log({ type: 'post.claimed', number: 2 });
    await log({ type: 'post.failed', accountId: 'acc_2', number: 3 });
    await log({ type: 'account.updated', number: 4 });
    expect(numbersOf((await list()).events)).toEqual([1, 3]);
    expect(numbersOf((await list({ type: 'post.failed' })).events)).toEqual([3]);
    expect(numbersOf((await list({ type: 'post.failed,post.created' })).events)).toEqual([1, 3]);
    const { events, latest } = await list({ accountId: 'acc_1' });
    expect(numbersOf(events)).toEqual([1]);
    // Events that do not match the filter are not read again.
    expect((await list({ after: latest })).events).toEqual([]);
  });

  test('the event log refuses unknown types and invalid positions, and lists the types', async () => {
    for (const [query, code] of [
      ['type=post.snet', 'unknown_event_type'],
      ['after=evt_1', 'invalid_event_id'],
      ['after=post_01kav8w5v8e6nb1vkh5tq4j1aa', 'invalid_event_id'],
      ['limit=0', 'invalid'],
      ['since=1', 'unknown_field'],
    ]) {
      const answer = await app.call('GET', `/v1/events?${query}`, undefined, key);
      expect([answer.status, answer.body.error.details[0].code]).toEqual([400, code]);
    }
  });

  test('a restricted key sees the events of its accounts, and no key those of another organization', async () => {
    await log({ accountId: 'acc_1', number: 1 });
    await log({ accountId: 'acc_2', number: 2 });
    await log({ accountId: null, type: 'batch.completed', number: 3 });
    const organization = `Log ${organizationNumber}`;
    const restricted = await app.makeKey({ organization, accountIds: ['acc_2'] });
    expect(numbersOf((await list({}, restricted.key)).events)).toEqual([2]);
    expect((await list({ accountId: 'acc_1' }, restricted.key)).events).toEqual([]);
    const stranger = await app.makeKey({ organization: 'Strangers' });
    const [event] = (await list()).events;
    expect(await list({ after: event.id }, stranger.key)).toMatchObject({ events: [] });
    const noReader = await app.makeKey({ organization, scopes: ['boards:read'] });
    expect((await app.call('GET', '/v1/events', undefined, noReader.key)).status).toBe(403);
  });

  test('the event log continues after an event that was removed', async () => {
    for (const number of [1, 2, 3]) await log({ number });
    const { events } = await list();
    await app.database.pool.query('delete from events where organization_id = $1 and post_id = $2', [
      organizationId,
      'post_2',
    ]);
    expect(numbersOf((await list({ after: events[1].id })).events)).toEqual([3]);
  });
});

describe('Transactions that end in another order than they wrote', () => {
  /** Reads the log from its position to the end. */
  function createReader() {
    const seen: number[] = [];
    let after: string | null = null;
    return {
      seen,
      async read() {
        const page: { events: { postId: string }[]; latest: string | null } = await list(
          after === null ? {} : { after },
        );
        seen.push(...numbersOf(page.events));
        after = page.latest;
      },
    };
  }

  test('an event that was written first and committed last is not skipped', async () => {
    const reader = createReader();
    const slow = await begin();
    await slow.log({ number: 1 });
    await log({ number: 2 });
    await reader.read();
    await slow.commit();
    await reader.read();
    expect(reader.seen).toEqual([1, 2]);
  });

  test('an event whose transaction began later is not skipped', async () => {
    const reader = createReader();
    const early = await begin();
    const late = await begin();
    await late.log({ number: 1 });
    await early.log({ number: 2 });
    await early.commit();
    await reader.read();
    await late.commit();
    await reader.read();
    expect([...reader.seen].sort()).toEqual([1, 2]);
  });

  test('events of many concurrent writers are neither skipped nor repeated', async () => {
    const reader = createReader();
    const isDone = { value: false };
    const writers = Promise.all(
      Array.from({ length: 6 }, async (_, writer) => {
        for (let round = 0; round < 15; round += 1) {
          const transaction = await begin();
          await transaction.log({ number: writer * 100 + round });
          await transaction.commit();
        }
      }),
    ).finally(() => {
      isDone.value = true;
    });
    while (!isDone.value) await reader.read();
    await writers;
    for (let page = 0; page < 5; page += 1) await reader.read();
    expect(reader.seen.length).toBe(90);
    expect(new Set(reader.seen).size).toBe(90);
  });

  test('events are not delayed by an open transaction in another database of the server', async () => {
    const other = await createTestDatabase();
    const client = new pg.Client({ connectionString: other.url });
    await client.connect();
    await client.query('begin');
    await client.query('select pg_current_xact_id()');
    stops += 1;
    await log({ number: 1 });
    expect(numbersOf((await list()).events)).toEqual([1]);
    await client.query('commit');
    stops -= 1;
    await client.end();
    await other.drop();
  });
});

test('A log that was restored on a server with lower transaction ids continues after its restored events', async () => {
  for (const number of [1, 2, 3]) await log({ number });
  await app.database.pool.query(
    `update events set xid = (xid::text::bigint + 1000000000)::text::xid8 where organization_id = $1`,
    [organizationId],
  );
  stops += 1;
  expect((await list()).events).toEqual([]);
  stops -= 1;
  expect(await rebaseRestoredEvents(app.database.db)).toBe(3);
  expect(await rebaseRestoredEvents(app.database.db)).toBe(0);
  await log({ number: 4 });
  const { events } = await list();
  expect(numbersOf(events)).toEqual([1, 2, 3, 4]);
  expect(numbersOf((await list({ after: events[1].id })).events)).toEqual([3, 4]);
});

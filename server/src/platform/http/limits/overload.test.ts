import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../../../test/eventually.ts';
import { sql } from '../../db/index.ts';
import { type Bare, type BareServer, gate, openBare } from '../bare-server.fixture.ts';
import { route } from '../contract/route.ts';

let bare: Bare;
beforeAll(async () => {
  bare = await openBare();
});
afterAll(() => bare.drop());

const definition = {
  method: 'GET',
  summary: 'Look',
  tag: 'Things',
  scope: 'posts:read',
  data: z.object({ ok: z.boolean() }),
  status: 200,
  refusals: [],
} as const;

let work: () => Promise<void> = async () => {};
const routes = [
  route({
    ...definition,
    operationId: 'look',
    path: '/v1/things',
    handle: async ({ context }) => {
      await work();
      return context.commit(async (tx) => {
        await sql`select 1`.execute(tx);
        return { data: { ok: true } };
      });
    },
  }),
];

const isBusy = ({ status, body, headers }: Awaited<ReturnType<BareServer['call']>>) =>
  status === 503 && body.error.code === 'SERVICE_UNAVAILABLE' && headers.get('retry-after') === '1';

test('2,000 requests at once on a server for 20: each is answered or told at once to come again; health stays green', async () => {
  const server = await bare.serve(routes, { requestsMax: 20 });
  const end = gate();
  work = () => end.opened;
  let told = 0;
  const all = Promise.all(
    Array.from({ length: 2000 }, async () => {
      const answer = await server.call('GET', '/v1/things');
      if (isBusy(answer)) told += 1;
      return answer.status;
    }),
  );
  // Those that it lets in take as long as it takes to tell all the others.
  await eventually('all but 20 are refused', () => told === 1980, 30_000).finally(() => end.open());
  const health = await server.call('GET', '/health', { key: null });
  const served = (await all).filter((status) => status === 200);
  expect(health.status).toBe(200);
  expect(served).toHaveLength(20);
  expect((await server.call('GET', '/v1/things')).status).toBe(200);
});

test('while as many requests are under way as may be, the next is refused at once, and its place is free afterwards', async () => {
  const server = await bare.serve(routes, { requestsMax: 3 });
  const [end, started] = [gate(), gate()];
  let count = 0;
  work = async () => {
    count += 1;
    if (count === 3) started.open();
    await end.opened;
  };
  const first = Promise.all(Array.from({ length: 3 }, () => server.call('GET', '/v1/things')));
  await started.opened;
  expect(isBusy(await server.call('GET', '/v1/things'))).toBe(true);
  end.open();
  expect((await first).map(({ status }) => status)).toEqual([200, 200, 200]);
  work = async () => {};
  expect((await server.call('GET', '/v1/things')).status).toBe(200);
});

test('a client that goes away makes room', async () => {
  const server = await bare.serve(routes, { requestsMax: 1 });
  const started = gate();
  work = () => {
    started.open();
    return new Promise(() => {});
  };
  const controller = new AbortController();
  const gone = fetch(`${server.url}/v1/things`, {
    headers: { authorization: 'Bearer one' },
    signal: controller.signal,
  }).catch(() => 'gone');
  await started.opened;
  expect(isBusy(await server.call('GET', '/v1/things'))).toBe(true);
  controller.abort();
  await gone;
  work = async () => {};
  await expect.poll(async () => (await server.call('GET', '/v1/things')).status).toBe(200);
});

test('when queries wait for a connection for longer than a second, requests do not join the queue', async () => {
  const server = await bare.serve(routes);
  const [held, end] = [gate(), gate()];
  let holders = 0;
  const transactions = Array.from({ length: 10 }, () =>
    server.database.transaction(async () => {
      holders += 1;
      if (holders === 10) held.open();
      await end.opened;
    }),
  );
  await held.opened;
  const queued = gate();
  work = async () => queued.open();
  const waiting = server.call('GET', '/v1/things');
  await queued.opened;
  // The first to meet a queue takes its place in it, and measures it.
  const measuring = server.call('GET', '/v1/things');
  await expect.poll(() => server.database.pool.waitingCount).toBe(3);
  bare.clock.advance(1_001);
  expect(isBusy(await server.call('GET', '/v1/things'))).toBe(true);
  end.open();
  expect([(await waiting).status, (await measuring).status]).toEqual([200, 200]);
  await Promise.all(transactions);
  expect((await server.call('GET', '/v1/things')).status).toBe(200);
});

test('an event loop that is late twice in a row makes the server refuse, and one that is in time again serve', async () => {
  let delayMs = 0;
  const server = await bare.serve(routes, { readLoopDelayMs: () => delayMs });
  const statusAfter = async (ms: number, late: number) => {
    delayMs = late;
    bare.clock.advance(ms);
    return (await server.call('GET', '/v1/things')).status;
  };
  work = async () => {};
  expect(await statusAfter(1000, 20)).toBe(200);
  expect(await statusAfter(1000, 2000)).toBe(200);
  expect(await statusAfter(1000, 2000)).toBe(503);
  expect(await statusAfter(999, 20)).toBe(503);
  expect(await statusAfter(1, 20)).toBe(200);
});

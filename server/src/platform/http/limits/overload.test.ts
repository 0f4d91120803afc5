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

test('of 2,000 concurrent requests to a server for 20, the others are refused with 503, and /health responds', async () => {
  const server = await bare.serve(routes, { requestsMax: 20 });
  const end = gate();
  work = () => end.opened;
  let refused = 0;
  const all = Promise.all(
    Array.from({ length: 2000 }, async () => {
      const answer = await server.call('GET', '/v1/things');
      if (isBusy(answer)) refused += 1;
      return answer.status;
    }),
  );
  // The admitted requests run until all others are refused.
  await eventually('all but 20 are refused', () => refused === 1980, 30_000).finally(() => end.open());
  const health = await server.call('GET', '/health', { key: null });
  const served = (await all).filter((status) => status === 200);
  expect(health.status).toBe(200);
  expect(served).toHaveLength(20);
  expect((await server.call('GET', '/v1/things')).status).toBe(200);
});

test('a request is refused while the maximum number of requests is running, and served afterwards', async () => {
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

test('a request of a client that disconnects does not count as running', async () => {
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

test('while queries wait for a connection for longer than a second, requests are refused', async () => {
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
  // The first request that finds a queue also starts a probe, which measures the waiting time.
  const measuring = server.call('GET', '/v1/things');
  await expect.poll(() => server.database.pool.waitingCount).toBe(3);
  bare.clock.advance(1_001);
  expect(isBusy(await server.call('GET', '/v1/things'))).toBe(true);
  end.open();
  expect([(await waiting).status, (await measuring).status]).toEqual([200, 200]);
  await Promise.all(transactions);
  expect((await server.call('GET', '/v1/things')).status).toBe(200);
});

test('requests are refused after the event loop was late in two samples in a row, and served after one good sample', async () => {
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

test('requests for paths without a key are refused above a quarter of the maximum, and callers with a key are served', async () => {
  const server = await bare.serve(routes, { requestsMax: 8 }, (http) => {
    http.get('/open', async (_request, reply) => {
      count += 1;
      if (count === 2) started.open();
      await end.opened;
      return reply.send('done');
    });
  });
  const [end, started] = [gate(), gate()];
  let count = 0;
  work = async () => {};
  const running = [1, 2].map(() => fetch(`${server.url}/open`));
  await started.opened;
  expect(isBusy(await server.call('GET', '/open', { key: null }))).toBe(true);
  expect((await server.call('GET', '/v1/things')).status).toBe(200);
  end.open();
  expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await fetch(`${server.url}/open`)).status).toBe(200);
});

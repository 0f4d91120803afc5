// A batch continues after a crash: no entry is created twice or skipped, and the order is unchanged.
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../test/app.ts';
import { account, app, usePublishing } from '../../../../test/publishing.ts';
import { complete, newPicture, pathOf, send } from '../posts.fixture.ts';
import { getBatchForWork } from './batches.queries.ts';
import { runBatch } from './run-batch.ts';

usePublishing();

type RunnerParts = Parameters<typeof runBatch>[0];
type Runner = (
  ...input: Parameters<typeof runBatch> extends [RunnerParts, ...infer Input] ? Input : never
) => Promise<void>;

function runnerOf(runnerParts: RunnerParts): Runner {
  return (batch, context) => runBatch(runnerParts, batch, context);
}

/** The parts of the app's own runner, with changes. */
function parts(change: Partial<RunnerParts> = {}): RunnerParts {
  const { database, clock, publicUrl } = app.parts;
  const { pinUrl } = app.parts.pinterest;
  const { boards, media, schedule } = app.app;
  return {
    database,
    clock,
    publicUrl,
    pinUrl,
    boards,
    media,
    schedule,
    accessLevel: 'standard',
    ...change,
  };
}

async function sendBatch(posts: Json[]) {
  const answer = await send('POST', `${pathOf()}/batches`, { posts });
  expect(answer.status).toBe(202);
  return answer.body.data.batch.id as string;
}

async function run(runner: Runner, id: string, signal = new AbortController().signal): Promise<void> {
  const batch = await getBatchForWork(app.database.db, id);
  if (!batch) throw new Error('no batch');
  await runner(batch, { signal, log: app.parts.log });
}

async function outcome(id: string) {
  const { batch } = (await send('GET', `${pathOf()}/batches/${id}?limit=100`)).body.data;
  const posts = await app.database.db
    .selectFrom('posts')
    .select(['id', 'title'])
    .where('account_id', '=', account.accountId)
    .orderBy('id')
    .execute();
  return { batch, titles: posts.map(({ title }) => title), ids: posts.map(({ id }) => id) };
}

const urls = (count: number) =>
  Array.from({ length: count }, (_, index) => complete({ title: `Post ${index}` }));
const titles = (count: number) => Array.from({ length: count }, (_, index) => `Post ${index}`);

async function completedOnce(): Promise<void> {
  const events = await app.database.db
    .selectFrom('events')
    .select('id')
    .where('type', '=', 'batch.completed')
    .where('account_id', '=', account.accountId)
    .execute();
  expect(events).toHaveLength(1);
}

test.each([1, 2, 3])(
  'a batch that is killed before the commit of group %i repeats that group as a whole',
  async (group) => {
    const id = await sendBatch(urls(20));
    let transactions = 0;
    const dying = runnerOf(
      parts({
        database: {
          ...app.parts.database,
          transaction: (work) =>
            app.parts.database.transaction(async (tx) => {
              const result = await work(tx);
              transactions += 1;
              // The process ended: neither this transaction nor a later one commits.
              if (transactions >= group) return new Promise<never>((_, die) => die(new Error('killed')));
              return result;
            }),
        },
      }),
    );
    await expect(run(dying, id)).rejects.toThrow('killed');
    const half = await outcome(id);
    const done = 8 * (group - 1);
    expect(half.batch).toMatchObject({ status: 'processing', created: done, pending: 20 - done });
    expect(half.titles).toEqual(titles(done));
    await app.app.jobs.runDue();
    const whole = await outcome(id);
    expect(whole.batch).toMatchObject({ status: 'completed', created: 20, failed: 0 });
    expect(whole.titles).toEqual(titles(20));
    await completedOnce();
  },
);

describe('concurrent runners', () => {
  test.each([
    ['with pictures to fetch', () => urls(40)],
    [
      'with stored pictures and external ids',
      async () => {
        const { id } = await newPicture();
        return urls(60).map((body, index) => ({
          ...body,
          mediaUrl: undefined,
          mediaId: id,
          externalId: `own-${account.accountId}-${index}`,
        }));
      },
    ],
  ])('several runners at once create one post for each entry, in order, %s', async (_, createBodies) => {
    const bodies = await createBodies();
    const id = await sendBatch(bodies);
    const runner = runnerOf(parts());
    await Promise.all([run(runner, id), run(runner, id), run(runner, id), app.app.jobs.runDue()]);
    const done = await outcome(id);
    expect(done.batch).toMatchObject({ status: 'completed', created: bodies.length, failed: 0 });
    expect(done.titles).toEqual(titles(bodies.length));
    await completedOnce();
  });
});

test('a batch waits while Pinterest is unavailable, and continues automatically', async () => {
  const own = await app.connectAccount();
  await app.faults([{ operation: 'boards/list', kind: 'status', status: 500, times: 50 }]);
  const body = complete({ boardId: own.boards.Recipes });
  const answer = await send('POST', `${pathOf(own)}/batches`, { posts: [body] });
  const path = `${pathOf(own)}/batches/${answer.body.data.batch.id}`;
  await app.app.jobs.runDue();
  expect((await send('GET', path)).body.data.batch).toMatchObject({ status: 'processing', pending: 1 });
  await app.clearFaults();
  await run(runnerOf(parts()), answer.body.data.batch.id);
  expect((await send('GET', path)).body.data.batch).toMatchObject({ status: 'completed', created: 1 });
});

test('the entries of a batch fail when its account was disconnected, and the batch is completed', async () => {
  const id = await sendBatch(urls(3));
  await send('DELETE', `/v1/accounts/${account.accountId}`);
  await app.app.jobs.runDue();
  const batch = await getBatchForWork(app.database.db, id);
  expect(batch).toMatchObject({ status: 'completed', failed: 3, created: 0 });
});

test('an unexpected error fails one entry and is logged, and the other entries are created', async () => {
  const { id: mediaId } = await newPicture();
  const id = await sendBatch(
    [0, 1, 2].map((index) => complete({ title: `Post ${index}`, mediaUrl: undefined, mediaId })),
  );
  const usual = parts();
  const runner = runnerOf({
    ...usual,
    schedule: {
      ...usual.schedule,
      destinationKey(url) {
        destinations += 1;
        if (destinations === 2) throw new TypeError('a bug');
        return usual.schedule.destinationKey(url);
      },
    },
  });
  let destinations = 0;
  await run(runner, id);
  const { batch } = await outcome(id);
  expect(batch).toMatchObject({ status: 'completed', created: 2, failed: 1 });
  expect(batch.entries[1].details).toMatchObject([{ code: 'internal_error' }]);
});

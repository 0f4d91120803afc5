// Batches: many posts in one request, created in the background in their order, each with its own result.
import { describe, expect, test } from 'vitest';
import { type Detail, fieldCodes } from '../../../../test/answer.ts';
import type { Json } from '../../../../test/app.ts';
import { account, app, minute, usePublishing } from '../../../../test/publishing.ts';
import { complete, created, inMs, newPicture, pathOf, refusal, send, stored } from '../posts.fixture.ts';
import { removeOldBatches } from './batches.queries.ts';
import { batchRetentionMs } from './get-batch.ts';

usePublishing();

const day = 24 * 3600_000;
const batches = () => `${pathOf()}/batches`;
const sendBatch = (posts: unknown[]) => send('POST', batches(), { posts });
const getBatch = async (id: string, query = '') =>
  (await send('GET', `${batches()}/${id}${query}`)).body.data;

/** Sends a batch, runs its job, and returns the batch with its entries. */
async function run(posts: unknown[]) {
  const answer = await sendBatch(posts);
  expect([answer.status, answer.body.error]).toEqual([202, undefined]);
  await app.app.jobs.runDue();
  return (await getBatch(answer.body.data.batch.id, '?limit=100')).batch;
}

const events = async (type: string) =>
  app.database.db
    .selectFrom('events')
    .selectAll()
    .where('type', '=', type)
    .where('account_id', '=', account.accountId)
    .orderBy('id')
    .execute();

test('a batch is accepted at once and shows its progress, and afterwards the result of every entry', async () => {
  const answer = await sendBatch([complete(), { title: 'x' }, complete({ sendAt: inMs(day) })]);
  expect(answer.status).toBe(202);
  const { batch } = answer.body.data;
  expect(batch).toEqual({
    id: expect.stringMatching(/^bat_/),
    status: 'processing',
    total: 3,
    created: 0,
    failed: 0,
    pending: 3,
    createdAt: expect.any(Number),
    ...{ existing: 0, warned: 0, repeated: false, timezone: null, ignoredColumns: [] },
  });
  const processing = await getBatch(batch.id);
  expect(processing.batch.entries.map(({ status }: Json) => status)).toEqual([
    'pending',
    'pending',
    'pending',
  ]);
  await app.app.jobs.runDue();
  const done = (await getBatch(batch.id)).batch;
  expect(done).toMatchObject({ status: 'completed', created: 2, failed: 1, pending: 0 });
  const [first, second, third] = done.entries;
  expect(first).toMatchObject({ index: 0, row: null, status: 'created', details: null });
  expect((await app.getPost(account, first.postId)).status).toBe('draft');
  expect((await app.getPost(account, third.postId)).status).toBe('queued');
  expect(second).toMatchObject({ status: 'failed', postId: null });
  expect(fieldCodes(second.details)).toEqual({ mediaUrl: 'required' });
  expect(await events('batch.completed')).toMatchObject([
    { data: { batchId: batch.id, total: 3, created: 2, failed: 1 } },
  ]);
});

test('the posts of a batch are created in the order of its entries, with fetched and with stored media', async () => {
  const { id: mediaId } = await newPicture();
  const done = await run(
    Array.from({ length: 40 }, (_, index) =>
      complete({
        title: `Post ${index}`,
        ...(index % 2 ? { mediaUrl: undefined, mediaId } : {}),
        url: `https://example.com/${index}`,
      }),
    ),
  );
  const ids = done.entries.map(({ postId }: Json) => postId);
  expect(ids.toSorted()).toEqual(ids);
  expect((await events('post.created')).map(({ post_id }) => post_id)).toEqual(ids);
  const titles = await Promise.all(ids.map(async (id: string) => (await app.getPost(account, id)).title));
  expect(titles).toEqual(ids.map((_: string, index: number) => `Post ${index}`));
});

test('the entries of a batch get the next open slots in their order', async () => {
  await send('POST', `/v1/accounts/${account.accountId}/timeslots`, {
    dayPreference: 3,
    timePreference: '10:00',
    timezone: 'UTC',
  });
  const { id: mediaId } = await newPicture();
  const body = (index: number) =>
    complete({ mediaUrl: undefined, mediaId, useNextOpenSlot: true, url: `https://example.com/${index}` });
  const done = await run([body(0), complete({ mediaUrl: undefined, mediaId }), body(1), body(2)]);
  const times = await Promise.all(
    done.entries.map(async ({ postId }: { postId: string }) => (await app.getPost(account, postId)).sendAt),
  );
  const week = 7 * 24 * 3600;
  expect(times).toEqual([times[0], null, times[0] + week, times[0] + 2 * week]);
});

test('an entry that a create would refuse fails with the same reason, and the other entries are created', async () => {
  const picture = await newPicture();
  await created({ externalId: 'taken' });
  const storedMedia = { mediaUrl: undefined, mediaId: picture.id };
  const done = await run([
    complete({ ...storedMedia, boardId: '1' }),
    complete({ ...storedMedia, externalId: 'taken' }),
    complete({ ...storedMedia, externalId: 'twice' }),
    complete({ ...storedMedia, externalId: 'twice', title: 'Another' }),
    complete({ mediaUrl: app.picture('none.jpg') }),
    complete({ ...storedMedia, useNextOpenSlot: true, title: 'Never created' }),
    complete({ ...storedMedia, sendAt: '2020-01-01T00:00:00Z', titel: 'x' }),
    'no object',
    null,
    complete({ ...storedMedia, intervalBoards: [{ boardId: account.boards.Garden }], boardId: undefined }),
    complete({ mediaUrl: undefined, mediaId: 'med_none' }),
    complete({ ...storedMedia, boardSectionId: '9' }),
    complete({ ...storedMedia, title: 'The last' }),
  ]);
  const outcome = done.entries.map((entry: { details: Detail[] | null }) =>
    entry.details === null ? 'created' : fieldCodes(entry.details),
  );
  expect(outcome).toEqual([
    { boardId: 'board_not_found' },
    { externalId: 'external_id_taken' },
    'created',
    { externalId: 'external_id_taken' },
    { mediaUrl: 'http_status' },
    { '': 'no_timeslots' },
    { sendAt: 'in_the_past', titel: 'unknown_field' },
    { '': 'wrong_type' },
    { '': 'required' },
    'created',
    { mediaId: 'media_not_found' },
    { boardSectionId: 'section_not_found' },
    'created',
  ]);
  expect(done).toMatchObject({ created: 3, failed: 10, pending: 0, status: 'completed' });
});

describe('identical content', () => {
  test('a batch with the content of one of the last seven days returns that one; later, or for another account, it is new', async () => {
    const { id: mediaId } = await newPicture();
    const posts = [complete({ mediaUrl: undefined, mediaId })];
    const before = await stored();
    const answers = await Promise.all(Array.from({ length: 10 }, () => sendBatch(posts)));
    const ids = new Set(answers.map(({ body }) => body.data.batch.id));
    expect(ids.size).toBe(1);
    await app.app.jobs.runDue();
    app.clock.advance(7 * day - minute);
    const again = await sendBatch(posts);
    expect(again.body.data.batch).toMatchObject({ id: [...ids][0], status: 'completed', created: 1 });
    expect((await stored()).batches).toBe(before.batches + 1);
    const secondAccount = await app.connectAccount();
    const sent = await send('POST', `${pathOf(secondAccount)}/batches`, { posts });
    expect(ids.has(sent.body.data.batch.id)).toBe(false);
    app.clock.advance(2 * minute);
    expect(ids.has((await sendBatch(posts)).body.data.batch.id)).toBe(false);
    await app.app.jobs.runDue();
  });
});

describe('limits and access', () => {
  test('a batch has 1 to 1,000 entries and at most 16 MiB', async () => {
    expect(refusal(await sendBatch([]))[2]).toEqual({ posts: 'too_small' });
    expect(refusal(await sendBatch(Array(1001).fill({})))[2]).toEqual({ posts: 'too_large' });
    const filler = (bytes: number) => Array(64).fill({ title: 'x'.repeat(bytes / 64) });
    const inside = await sendBatch(filler(16 * 1024 * 1024 - 64 * 20));
    expect(inside.status).toBe(202);
    const large = await sendBatch([{}, { title: 'x'.repeat(600 * 1024) }]);
    expect(refusal(large)[2]).toEqual({ '': 'too_large' });
    expect(large.body.error.details[0].message).toContain('Entry 1 of a list');
    const outside = await sendBatch(filler(16 * 1024 * 1024));
    expect([outside.status, outside.body.error.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    await app.app.jobs.runDue();
  });

  test('entries with invalid characters or deep nesting fail, and the batch is accepted', async () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const answer = await send(
      'POST',
      batches(),
      `{"posts":[{"title":"a\\u0000b"},{"a\\ud800":1},{"title":${deep}}]}`,
    );
    expect(answer.status).toBe(202);
    await app.app.jobs.runDue();
    const { batch } = await getBatch(answer.body.data.batch.id);
    expect(batch.status).toBe('completed');
    expect(batch.entries.map(({ details }: { details: { code: string }[] }) => details[0]?.code)).toEqual([
      'bad_character',
      'bad_character',
      'too_deep',
    ]);
  });

  test('a batch of another organization, of another account, and an unknown id return the same 404', async () => {
    const { id } = (await sendBatch([{}])).body.data.batch;
    const strangerKey = (await app.makeKey({ organization: 'Strangers' })).key;
    const secondAccount = await app.connectAccount();
    for (const [path, key] of [
      [`${batches()}/${id}`, strangerKey],
      [`${pathOf(secondAccount)}/batches/${id}`, app.key],
      [`${batches()}/bat_none`, app.key],
      [`${batches()}/%00`, app.key],
    ] as const) {
      const answer = await send('GET', path, undefined, { key });
      expect([answer.status, answer.body.error.code]).toEqual([404, 'NOT_FOUND']);
    }
    expect((await send('POST', batches(), { posts: [{}] }, { key: strangerKey })).status).toBe(404);
    await app.app.jobs.runDue();
  });

  test('the entries of a batch are returned in pages', async () => {
    const { id } = await run(Array.from({ length: 5 }, (_, index) => ({ title: `${index}` })));
    const first = await getBatch(id, '?limit=2');
    expect(first.batch.entries.map(({ index }: Json) => index)).toEqual([0, 1]);
    const second = await getBatch(id, `?limit=3&cursor=${first.cursor}`);
    expect([second.batch.entries.length, second.cursor]).toEqual([3, null]);
    const wrong = await send('GET', `${batches()}/${id}?cursor=x`);
    expect(refusal(wrong)[2]).toEqual({ cursor: 'invalid_cursor' });
  });
});

test('a batch can be read for 28 days after its completion, and its posts remain', async () => {
  const done = await run([complete({ title: 'Kept' })]);
  const sweepAfter = async (ms: number) => {
    app.clock.advance(ms);
    await removeOldBatches(app.database.db, new Date(app.clock.now().getTime() - batchRetentionMs));
    return (await send('GET', `${batches()}/${done.id}`)).status;
  };
  expect(await sweepAfter(28 * day - minute)).toBe(200);
  expect(await sweepAfter(2 * minute)).toBe(404);
  expect((await app.getPost(account, done.entries[0].postId)).title).toBe('Kept');
});

test('an organization has at most 100 batches that are not completed, and others are not affected', async () => {
  await app.database.pool.query(
    `insert into batches (id, organization_id, account_id, status, content_sha256, total, created_at, actor)
     select 'bat_waiting_' || n, $1, $2, 'processing', lpad(n::text, 64, '0'), 1, $3, '{}' from generate_series(1, 100) n`,
    [app.organizationId, account.accountId, app.clock.now()],
  );
  const refused = await sendBatch([{ title: 'One more' }]);
  expect([refused.status, refused.body.error.reason]).toEqual([429, 'too_many_batches']);
  const stranger = await app.makeKey({ organization: 'Patient' });
  const other = await app.connectAccount({ organizationId: stranger.organizationId });
  const accepted = await send('POST', `${pathOf(other)}/batches`, { posts: [{}] }, { key: stranger.key });
  expect(accepted.status).toBe(202);
  await app.database.pool.query(`delete from batches where id like 'bat_waiting_%'`);
});

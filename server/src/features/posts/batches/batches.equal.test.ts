// Content that was sent before: the same batch again, a sheet that grows, and equal entries.
import { expect, test } from 'vitest';
import { account, app, minute, usePublishing, worker } from '../../../../test/publishing.ts';
import { act, complete, inMs, newPicture, pathOf, send } from '../posts.fixture.ts';
import { runBatch, runSheet, sendFile } from './batches.fixture.ts';

usePublishing();

type Entry = { status: string; postId: string | null; details: { code: string }[] | null };

const outcomes = (batch: { entries: Entry[] }) =>
  batch.entries.map(({ status, details }) => details?.[0]?.code ?? status);
const ids = (batch: { entries: Entry[] }) => batch.entries.map(({ postId }) => postId);
const remove = async (id: string | null) =>
  expect((await send('DELETE', `${pathOf()}/${id}`)).status).toBe(200);

const header = 'guid,board,title,description,link,image,publish_date';
const row = (index: number, image: string, change = '') =>
  `pin-${index},Recipes,Cat ${index}${change},d,https://example.com/g${index},${image},2027-09-0${index + 1} 10:00`;

const forms: [string, string, (posts: Record<string, string>[]) => string][] = [
  [
    'CSV',
    'text/csv',
    (posts) =>
      ['mediaUrl,title,url,boardId,description,sendAt']
        .concat(posts.map((post) => Object.values(post).join()))
        .join('\n'),
  ],
  ['JSON lines', 'application/x-ndjson', (posts) => posts.map((post) => JSON.stringify(post)).join('\n')],
  ['JSON', 'application/json', (posts) => JSON.stringify({ posts })],
];
test.each(forms)(
  '%s sent again tries what failed again, and keeps what was created',
  async (_, type, write) => {
    const post = (title: string, sendAt: string) => ({
      mediaUrl: app.picture(),
      ...{ title, url: 'https://example.com/a', boardId: account.boards.Recipes ?? '', description: 'd' },
      ...(type === 'text/csv' ? { sendAt } : sendAt ? { sendAt } : { useNextOpenSlot: true }),
    });
    const content = write([post('Dated', inMs(60 * minute)), post('In a slot', '')] as never);
    const first = await runBatch(type, content);
    expect(first).toMatchObject({ status: 'completed', created: 1, failed: 1, repeated: false });
    expect(outcomes(first)).toEqual(['created', 'no_timeslots']);
    const slot = { dayPreference: 1, timePreference: '09:00' };
    await send('POST', `/v1/accounts/${account.accountId}/timeslots`, slot);
    const second = await runBatch(type, content);
    expect(second).toMatchObject({
      id: first.id,
      status: 'completed',
      created: 2,
      failed: 0,
      repeated: true,
    });
    expect(second.entries[0].postId).toBe(first.entries[0].postId);
    const third = await sendFile(type, content);
    expect(third.body.data.batch).toMatchObject({
      id: first.id,
      status: 'completed',
      created: 2,
      repeated: true,
    });
  },
);

test('a post that was deleted since is created again, and the others are kept', async () => {
  const lines = [header, row(0, app.picture()), row(1, app.picture())];
  const first = await runSheet(lines);
  expect(outcomes(first)).toEqual(['created', 'created']);
  await remove(first.entries[1].postId);
  const second = await runSheet(lines);
  expect(second).toMatchObject({ id: first.id, created: 2, repeated: true });
  expect(second.entries[0].postId).toBe(first.entries[0].postId);
  expect(second.entries[1].postId).not.toBe(first.entries[1].postId);
  expect((await app.getPost(account, second.entries[1].postId)).status).toBe('queued');
});

test('a post that was edited or published since is not created again by the same content', async () => {
  const lines = [header, row(0, app.picture()), row(1, app.picture())];
  const first = await runSheet(lines);
  await send('PATCH', `${pathOf()}/${first.entries[0].postId}`, { title: 'Edited' });
  await act(first.entries[1].postId, 'schedule', { now: true });
  await worker.runDue();
  expect((await app.getPost(account, first.entries[1].postId)).status).toBe('sent');
  expect(ids(await runSheet(lines))).toEqual(ids(first));
});

test('of a sheet that grows, only the new rows are created', async () => {
  const pictures = [app.picture(), app.picture(), app.picture()] as const;
  const first = await runSheet([header, row(0, pictures[0]), row(1, pictures[1])]);
  expect(first.ignoredColumns).toEqual([{ name: 'guid', suggestion: 'External ID' }]);
  const second = await runSheet([header, row(0, pictures[0]), row(1, pictures[1]), row(2, pictures[2])]);
  expect(outcomes(second)).toEqual(['existing', 'existing', 'created']);
  expect(ids(second).slice(0, 2)).toEqual(ids(first));
  expect(second).toMatchObject({ created: 1, existing: 2, failed: 0, pending: 0, status: 'completed' });
  const changed = await runSheet([header, row(0, pictures[0], ' changed'), row(1, pictures[1])]);
  expect(outcomes(changed)).toEqual(['created', 'existing']);
});

test('equal entries of one batch make one post; different times, boards, sections or ids make several', async () => {
  const { id: mediaId } = await newPicture();
  const body = (change = {}) => complete({ mediaUrl: undefined, mediaId, ...change });
  const posts = [
    body(),
    body(),
    body({ sendAt: inMs(60 * minute) }),
    body({ sendAt: inMs(61 * minute) }),
    body({ sendAt: inMs(60 * minute) }),
    body({ boardId: account.boards.Garden }),
    body({ externalId: 'a' }),
    body({ externalId: 'b' }),
  ];
  const batch = await runBatch('application/json', JSON.stringify({ posts }));
  expect(outcomes(batch)).toEqual([
    ...['created', 'existing', 'created', 'created', 'existing', 'created'],
    // With an id of its own an entry is another one.
    ...['created', 'created'],
  ]);
  expect(batch.entries[1].postId).toBe(batch.entries[0].postId);
  expect(batch.entries[4].postId).toBe(batch.entries[2].postId);
});

test('an entry whose externalId has a post with the same content exists; with other content it is refused', async () => {
  const { id: mediaId } = await newPicture();
  const posts = [complete({ mediaUrl: undefined, mediaId, externalId: 'mine' })];
  const first = await runBatch('application/json', JSON.stringify({ posts }));
  const second = await runBatch(
    'application/json',
    JSON.stringify({
      posts: [...posts, complete({ mediaUrl: undefined, mediaId, externalId: 'mine', title: 'x' })],
    }),
  );
  expect(outcomes(second)).toEqual(['existing', 'external_id_taken']);
  expect(second.entries[0].postId).toBe(first.entries[0].postId);
});

test('with again=true everything is created', async () => {
  const { id: mediaId } = await newPicture();
  const content = JSON.stringify({ posts: Array(2).fill(complete({ mediaUrl: undefined, mediaId })) });
  const first = await runBatch('application/json', content);
  const second = await runBatch('application/json', content, '?again=true');
  expect(second.id).not.toBe(first.id);
  expect(outcomes(second)).toEqual(['created', 'created']);
  expect(new Set([...ids(first), ...ids(second)]).size).toBe(3);
});

test('two batches with an equal entry at the same time create one post', async () => {
  const { id: mediaId } = await newPicture();
  const post = complete({ mediaUrl: undefined, mediaId });
  const answers = await Promise.all(
    ['One', 'Two', 'Three'].map((title) =>
      sendFile(
        'application/json',
        JSON.stringify({ posts: [post, complete({ mediaUrl: undefined, mediaId, title })] }),
      ),
    ),
  );
  await app.app.jobs.runDue();
  const batches = await Promise.all(
    answers.map(
      async ({ body }) => (await send('GET', `${pathOf()}/batches/${body.data.batch.id}`)).body.data.batch,
    ),
  );
  expect(new Set(batches.map(({ entries }) => entries[0].postId)).size).toBe(1);
  expect(batches.flatMap(outcomes).toSorted()).toEqual([
    ...['created', 'created', 'created', 'created'],
    ...['existing', 'existing'],
  ]);
});

// If-Match that no longer holds is refused with 412, also when two writes meet at the same post.
import { expect, test } from 'vitest';
import { account, app, usePublishing } from '../../../../test/publishing.ts';
import { act, created, edit, pathOf, refusal, send } from '../posts.fixture.ts';

usePublishing();

const refused = [412, 'PRECONDITION_FAILED', { 'If-Match': 'version_differs' }];

type Change = (id: string, headers: Record<string, string>) => ReturnType<typeof send>;
const changes: [string, Change][] = [
  ['edit', (id, headers) => edit(id, { title: 'New' }, headers)],
  ['schedule', (id, headers) => act(id, 'schedule', { sendAt: '2027-03-01T09:00:00Z' }, headers)],
  ['unschedule', (id, headers) => act(id, 'unschedule', undefined, headers)],
  ['delete', (id, headers) => send('DELETE', `${pathOf()}/${id}`, undefined, { headers })],
];

/** Runs `work` while another transaction has changed the post, and commits that transaction when the write waits for it. */
async function whileChanged(id: string, work: () => ReturnType<typeof send>) {
  const waiting = async () => {
    const { rows } = await app.database.pool.query(
      "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%update posts%' and datname = current_database()",
    );
    return rows.length > 0;
  };
  let answer: ReturnType<typeof send> | undefined;
  await app.database.transaction(async (tx) => {
    await tx
      .updateTable('posts')
      .set((eb) => ({ version: eb('version', '+', 1) }))
      .where('id', '=', id)
      .execute();
    answer = work();
    await expect.poll(waiting).toBe(true);
  });
  return answer;
}

test.each(changes)('an %s that meets another write is refused with 412', async (_name, change) => {
  const post = await created({ sendAt: '2027-03-02T09:00:00Z' });
  const etag = (await send('GET', `${pathOf()}/${post.id}`)).headers.get('etag') ?? '';
  const answer = await whileChanged(post.id, () => change(post.id, { 'if-match': etag }));
  expect(answer && refusal(answer)).toEqual(refused);
  const without = await whileChanged(post.id, () => change(post.id, {}));
  expect(without && refusal(without)).toEqual([409, 'CONFLICT', {}]);
});

test.each(changes)(
  'of twenty times two of %s with one version, one changes the post',
  async (_name, change) => {
    for (let round = 0; round < 20; round += 1) {
      const post = await created({ sendAt: '2027-03-02T09:00:00Z' });
      const headers = { 'if-match': '"1"' };
      const answers = await Promise.all([change(post.id, headers), change(post.id, headers)]);
      const statuses = answers.map(({ status }) => status).sort();
      expect([
        [200, 412],
        [200, 404],
      ]).toContainEqual(statuses);
    }
  },
);

test('an old version is refused before anything else in the request is checked', async () => {
  const post = await created();
  await edit(post.id, { title: 'Newer' });
  const headers = { 'if-match': '"1"' };
  const bad = [
    edit(post.id, { boardId: '1' }, headers),
    edit(post.id, { mediaUrl: app.picture('none.jpg') }, headers),
    act(post.id, 'schedule', { sendAt: '2027-03-01T09:00:00Z', boardId: '1' }, headers),
  ];
  for (const answer of await Promise.all(bad)) expect(refusal(answer)).toEqual(refused);
  expect(await app.getPost(account, post.id)).toMatchObject({ title: 'Newer' });
});

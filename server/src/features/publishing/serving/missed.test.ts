// Overdue posts, and events and posts past their retention.
import { expect, test } from 'vitest';
import { account, app, minute, runAfter, usePublishing } from '../../../../test/publishing.ts';
import { sweepNow } from '../lane/lanes.fixture.ts';

usePublishing();

const day = 24 * 60 * minute;

async function sweepAfter(ms: number): Promise<void> {
  app.clock.advance(ms);
  await sweepNow();
}

async function eventsOf(postId: string) {
  const { rows } = await app.database.pool.query(
    'select type, data from events where post_id = $1 order by id',
    [postId],
  );
  return rows as { type: string; data: Record<string, unknown> }[];
}

const missedOf = async (postId: string) =>
  (await eventsOf(postId)).filter(({ type }) => type === 'post.missed');

const after = (ms: number) => new Date(app.clock.now().getTime() + ms).toISOString();

test('a queued post that no worker publishes is reported as missed, once, a minute after its time', async () => {
  const post = await app.createPost(account, { sendAt: after(minute) });
  await sweepAfter(minute + 59_000);
  expect(await missedOf(post.id)).toEqual([]);
  await sweepAfter(1_000);
  await sweepAfter(day);
  const missed = await missedOf(post.id);
  expect(missed).toHaveLength(1);
  expect(missed[0]?.data.status).toBe('queued');
  expect(Date.parse(String(missed[0]?.data.sendAt))).toBe(post.sendAt * 1000);
});

test('a new time that is missed too is reported again', async () => {
  const post = await app.createPost(account, { sendAt: after(minute) });
  await sweepAfter(2 * minute);
  await app.call('POST', `/v1/accounts/${account.accountId}/posts/${post.id}/schedule`, {
    sendAt: after(minute),
  });
  await sweepAfter(2 * minute);
  expect(await missedOf(post.id)).toHaveLength(2);
});

test('posts that were published, failed, or were deleted are not reported as missed', async () => {
  const sent = await app.createPost(account, { sendAt: after(minute) });
  const deleted = await app.createPost(account, { sendAt: after(minute), title: 'Another' });
  await app.call('DELETE', `/v1/accounts/${account.accountId}/posts/${deleted.id}`);
  await runAfter(minute);
  await sweepAfter(5 * minute);
  expect(await missedOf(sent.id)).toEqual([]);
  expect(await missedOf(deleted.id)).toEqual([]);
});

test('two processes that sweep at once report each missed post once', async () => {
  const posts = [];
  for (const title of ['One', 'Two', 'Three']) {
    posts.push(await app.createPost(account, { sendAt: after(minute), title }));
  }
  app.clock.advance(3 * minute);
  await Promise.all(Array.from({ length: 4 }, () => sweepAfter(0)));
  for (const { id } of posts) expect(await missedOf(id)).toHaveLength(1);
});

test('events are removed past their retention; those of posts that are not published stay', async () => {
  const sent = await app.createPost(account, { sendAt: after(minute) });
  const draft = await app.createPost(account, { sendAt: undefined, title: 'Some day' });
  await runAfter(minute);
  expect((await eventsOf(sent.id)).map(({ type }) => type)).toContain('post.sent');
  await sweepAfter(89 * day);
  expect(await eventsOf(sent.id)).not.toEqual([]);
  await sweepAfter(2 * day);
  expect(await eventsOf(sent.id)).toEqual([]);
  expect((await eventsOf(draft.id)).map(({ type }) => type)).toEqual(['post.created']);
});

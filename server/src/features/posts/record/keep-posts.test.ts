// POSTS_KEEP_DAYS: published posts are removed after a time, and nothing else is.
import { expect, test } from 'vitest';
import { account, app, pinsHere, usePublishing, worker } from '../../../../test/publishing.ts';
import { sql } from '../../../platform/db/index.ts';
import { act, created } from '../posts.fixture.ts';
import { createPostSweeps } from '../sweep-posts.ts';

usePublishing();

const day = 24 * 3600_000;

test('published posts are removed after the retention, at most once an hour; others and the Pins stay', async () => {
  const sweep = async (postsKeptMs: number | null) => {
    for (const { run } of createPostSweeps({ database: app.database, clock: app.clock, postsKeptMs }))
      await run();
  };
  const old = await created({ title: 'Old' });
  await act(old.id, 'schedule', { now: true });
  await worker.runDue();
  const draft = await created({ title: 'Draft', url: 'https://example.com/draft' });
  app.clock.advance(10 * day);
  const recent = await created({ title: 'Recent', url: 'https://example.com/recent' });
  await act(recent.id, 'schedule', { now: true });
  await worker.runDue();
  const remaining = async () => {
    const { rows } = await sql<{ id: string }>`
      select id from posts where account_id = ${account.accountId} order by id
    `.execute(app.database.db);
    return rows.map(({ id }) => id);
  };
  app.clock.advance(21 * day);
  await sweep(null);
  expect(await remaining()).toEqual([old.id, draft.id, recent.id]);
  await sweep(32 * day);
  expect(await remaining()).toEqual([old.id, draft.id, recent.id]);
  await sweep(30 * day);
  expect(await remaining()).toEqual([draft.id, recent.id]);
  expect(await pinsHere()).toHaveLength(2);
});

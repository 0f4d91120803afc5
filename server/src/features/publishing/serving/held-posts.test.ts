// Held posts of both kinds as they are reported: event, list, figures, doctor; and the constraints of the table.
import { expect, test } from 'vitest';
import { errorLevel } from '../../../../test/log.ts';
import { account, app, minute, runAfter, usePublishing } from '../../../../test/publishing.ts';
import { publishingCheck } from '../checks.ts';
import { holdLost, holdMissed, hour, inMs, path } from './held-posts.fixture.ts';

usePublishing();

async function figure(name: string): Promise<number> {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  const line = text.split('\n').find((entry) => entry.startsWith(`${name} `));
  return Number(line?.slice(name.length));
}

test('both situations are reported by the event post.held, with the status and the failure', async () => {
  const missed = await holdMissed();
  const lost = await holdLost({ title: 'Another' });
  const answer = await app.call('GET', `/v1/events?type=post.held&accountId=${account.accountId}`);
  expect(
    answer.body.data.events.map(({ postId, data }: { postId: string; data: object }) => [postId, data]),
  ).toEqual([
    [
      missed,
      expect.objectContaining({ status: 'queued', failure: expect.objectContaining({ code: 'missed' }) }),
    ],
    [
      lost,
      expect.objectContaining({
        ...{ status: 'uploading', attempt: 1, sendAt: expect.any(Number) },
        failure: expect.objectContaining({ code: 'waits_for_decision' }),
      }),
    ],
  ]);
});

test('the list of held posts has both kinds, newest first, page by page', async () => {
  await app.call('PATCH', path(), { missedPolicy: 'hold' });
  const missed: string[] = [];
  for (const index of [1, 2, 3]) {
    const { id } = await app.createPost(account, { title: `${index}`, sendAt: inMs(index * minute) });
    missed.unshift(id);
  }
  await runAfter(hour);
  const lost = await holdLost({ title: 'Lost' });
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const { data } = (await app.call('GET', `${path()}/posts?status=held&limit=1${cursor}`)).body;
    seen.push(...data.posts.map(({ id }: { id: string }) => id));
    if (data.cursor === null) break;
    cursor = `&cursor=${data.cursor}`;
  }
  expect(seen).toEqual([lost, ...missed]);
  const filtered = await app.call('GET', `${path()}/posts?status=held&q=lost`);
  expect(filtered.body.data.posts.map(({ id }: { id: string }) => id)).toEqual([lost]);
});

test('held posts are counted by their reason, and the doctor points to their list', async () => {
  const { db } = app.database;
  await db.deleteFrom('posts').execute();
  const { run } = publishingCheck(app.database, app.clock);
  const held = async () => {
    app.clock.advance(10_000);
    return [
      await figure('pintail_posts_held{reason="missed"}'),
      await figure('pintail_posts_held{reason="lost_answer"}'),
    ];
  };
  expect(await held()).toEqual([0, 0]);
  expect((await run()).status).toBe('ok');
  await holdMissed();
  expect(await held()).toEqual([1, 0]);
  expect(await run()).toMatchObject({
    ...{ status: 'warning', message: expect.stringContaining('1 posts were missed') },
    fix: expect.stringContaining('status=held'),
  });
  await holdLost({ title: 'Another' });
  expect(await held()).toEqual([1, 1]);
  expect(await figure('pintail_posts{state="unknown"}')).toBe(0);
  expect(await run()).toMatchObject({
    ...{ status: 'failed', message: expect.stringContaining('1 posts are held') },
    fix: expect.stringContaining('status=held'),
  });
});

test('the table refuses a held post without a reason, and a reason without a held post', async () => {
  const id = await holdMissed();
  const set = (change: string) => app.database.pool.query(`update posts set ${change} where id = $1`, [id]);
  await expect(set('held_for = null')).rejects.toThrow(/held_has_reason/);
  await expect(set("state = 'queued', run_at = now()")).rejects.toThrow(/held_has_reason/);
  await expect(set("held_for = 'lost_answer', attempt_started_at = null")).rejects.toThrow(
    /attempt_is_recorded/,
  );
  await expect(set("state = 'unknown', held_for = null, attempt_started_at = now()")).rejects.toThrow(
    /unknown_will_run/,
  );
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

// Restores a backup with posts whose videos were being uploaded, or had been uploaded. Pinterest has the Pins created
// since the backup, and has removed uploads without a Pin.
import { beforeEach, expect, test } from 'vitest';
import {
  account,
  app,
  minute,
  pinsHere,
  runAfter,
  usePublishing,
  worker,
} from '../../../../test/publishing.ts';
import { addMs } from '../../../platform/clock.ts';
import { doubtOverdue } from '../../posts/index.ts';
import { createVideoPost } from '../posts.fixture.ts';

usePublishing();
const day = 24 * 60 * minute;
const usual = { registeredSeconds: 1, processingSeconds: 2, outcome: 'succeeded', expirySeconds: 604_800 };
beforeEach(() => app.control('POST', '/settings', { media: usual }));

/** The rows of a post in the backup. */
async function backUp(postId: string) {
  const { rows } = await app.database.pool.query(
    `select to_jsonb(p) as post, (select to_jsonb(v) from video_uploads v where v.post_id = p.id) as upload
     from posts p where p.id = $1`,
    [postId],
  );
  return rows[0] as { post: { id: string }; upload: object | null };
}

async function restore({ post, upload }: Awaited<ReturnType<typeof backUp>>): Promise<void> {
  const { pool } = app.database;
  const { rows } = await pool.query<{ columns: string }>(
    `select string_agg(quote_ident(attname), ', ') as columns from pg_attribute
     where attrelid = 'posts'::regclass and attnum > 0 and attgenerated = '' and not attisdropped`,
  );
  const [{ columns } = { columns: '' }] = rows;
  await pool.query('delete from posts where id = $1', [post.id]);
  await pool.query(
    `insert into posts (${columns}) select ${columns} from jsonb_populate_record(null::posts, $1)`,
    [post],
  );
  await pool.query(
    'insert into video_uploads select u.* from jsonb_populate_record(null::video_uploads, $1) u where $1::jsonb is not null',
    [upload],
  );
}

const statusOf = async (id: string) => (await app.getPost(account, id)).status;

/** Runs until the searches are over and the videos are uploaded. */
async function runOn(): Promise<void> {
  for (let at = 0; at < 30; at += 1) await runAfter(minute);
  for (let at = 0; at < 10; at += 1) await runAfter(5_000);
}

test('a post that was published after the backup is found; one that was not is uploaded again, at whatever stage it was', async () => {
  const stages = {
    ready: await createVideoPost(30 * minute, { title: 'ready' }),
    processing: await createVideoPost(30 * minute, { title: 'processing' }),
    uploading: await createVideoPost(30 * minute, { title: 'uploading' }),
    notBegun: await createVideoPost(120 * minute, { title: 'not begun' }),
    published: await createVideoPost(30 * minute, { title: 'published' }),
  };
  for (let second = 0; second < 6; second += 1) await runAfter(1_000);
  const { db } = app.database;
  const set = (id: string, change: object) =>
    db.updateTable('video_uploads').set(change).where('post_id', '=', id).execute();
  await set(stages.processing, { status: 'processing', wake_at: app.clock.now() });
  // Leased by a worker that is not running.
  await set(stages.uploading, {
    ...{ status: 'uploading', pinterest_media_id: null, uploaded_at: null, wake_at: app.clock.now() },
    ...{ owner: 'gone', lease_until: addMs(app.clock.now(), 12_000) },
  });
  const takenAt = app.clock.now();
  const backup = await Promise.all(Object.values(stages).map(backUp));

  // After the backup, the installation publishes one of the posts.
  await db
    .deleteFrom('posts')
    .where(
      'id',
      'in',
      Object.values(stages).filter((id) => id !== stages.published),
    )
    .execute();
  await runOn();
  expect(await statusOf(stages.published)).toBe('sent');
  expect(await pinsHere()).toHaveLength(1);

  // Two days later, Pinterest has removed all uploads.
  app.clock.advance(2 * day);
  await app.control('POST', '/settings', { media: { ...usual, expirySeconds: 3600 } });
  for (const rows of backup) await restore(rows);
  expect(await doubtOverdue(app.database, { takenAt, now: app.clock.now() })).toBe(5);
  await runOn();

  for (const [stage, id] of Object.entries(stages))
    expect([stage, await statusOf(id)]).toEqual([stage, 'sent']);
  const titles = (await pinsHere()).map((pin) => pin.title);
  expect(titles.sort()).toEqual(['not begun', 'processing', 'published', 'ready', 'uploading']);
});

test('a video that Pinterest removed earlier than after a day is sent again for a post that is due later', async () => {
  const id = await createVideoPost(30 * minute);
  for (let second = 0; second < 6; second += 1) await runAfter(1_000);
  const takenAt = app.clock.now();
  await app.control('POST', '/settings', { media: { ...usual, expirySeconds: 300 } });
  app.clock.advance(10 * minute);
  // Not due yet, so no post can have been published.
  expect(await doubtOverdue(app.database, { takenAt, now: app.clock.now() })).toBe(0);
  await worker.runDue();
  await runOn();
  expect(await statusOf(id)).toBe('sent');
  expect(await pinsHere()).toHaveLength(1);
});

// A queue that was filled after the last ANALYZE: frequent statements cost no more for that, although the planner expects
// no queued post, and would search the queue once for each row of another table.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/app.ts';
import { costsOf } from '../../../../test/scans.ts';
import { addMs } from '../../../platform/clock.ts';
import { type Connection, sql } from '../../../platform/db/index.ts';
import { systemActor } from '../../../platform/use-case/index.ts';
import { type AccountRow, getAccountForWork } from '../../accounts/index.ts';
import { removeOldEvents } from '../../events/old-events.queries.ts';
import {
  findNextWake,
  guardingLease,
  guardingRelease,
  releasing,
  renewLaneLeases,
  sweepLanes,
} from '../../lanes/index.ts';
import { removeOldBatches } from '../../posts/batches/batches.queries.ts';
import {
  earliestWork,
  findDuePost,
  hasPostEnded,
  listInFlight,
  listOwnedPinIds,
  listQueue,
  movingIf,
  type PostRow,
} from '../../posts/index.ts';
import { announceMissedPosts } from '../../posts/record/missed.queries.ts';
import { removeDeletedPosts } from '../../posts/record/posts.queries.ts';
import { insertMedia } from '../../schedule/schedule.fixture.ts';
import {
  beginUploads,
  claimUploads,
  findReadyVideo,
  releaseAllUploads,
  removeUnusedUploads,
  renewUploads,
} from '../videos/video-uploads.queries.ts';
import { claimLanes } from './claim-lanes.queries.ts';

const now = new Date('2027-03-01T08:00:00Z');
const later = addMs(now, 12_000);
const accounts = 1_000;
const queuedMax = 50_000;
/** A hundredth of what is queued. */
const lateMax = 500;

/** The rows when statistics were gathered last, and those that were added after that. */
interface History {
  name: string;
  gathered: boolean;
  accountsBefore: number;
  sentBefore: number;
  queuedBefore: number;
  queuedAfter: number;
}

const histories: History[] = [
  {
    name: 'never gathered',
    gathered: false,
    accountsBefore: 0,
    sentBefore: 0,
    queuedBefore: 0,
    queuedAfter: 50_000,
  },
  {
    name: 'of empty tables',
    gathered: true,
    accountsBefore: 0,
    sentBefore: 0,
    queuedBefore: 0,
    queuedAfter: 10_000,
  },
  {
    name: 'of 30 posts',
    gathered: true,
    accountsBefore: 30,
    sentBefore: 0,
    queuedBefore: 30,
    queuedAfter: 10_000,
  },
  {
    name: 'of 3,000 sent posts',
    gathered: true,
    accountsBefore: accounts,
    sentBefore: 3_000,
    queuedBefore: 0,
    queuedAfter: 50_000,
  },
  {
    name: 'of 3,000 sent posts',
    gathered: true,
    accountsBefore: accounts,
    sentBefore: 3_000,
    queuedBefore: 0,
    queuedAfter: 1_000,
  },
];

/** A table read from its beginning to its end that has a row for each post or each account. */
const whole = /"Node Type": "Seq Scan"[^{}]*"Relation Name": "(posts|accounts)"/;

describe.each(histories)('statistics $name, then $queuedAfter queued', (history) => {
  let app: TestApp;
  let account: AccountRow;
  let ofVideos: AccountRow;
  let post: PostRow;

  beforeAll(async () => {
    app = await createTestApp({ now });
    const { db } = app.database;
    for (const table of ['posts', 'lanes', 'events', 'accounts', 'media', 'video_uploads'])
      await sql`alter table ${sql.table(table)} set (autovacuum_enabled = false)`.execute(db);
    const { accountId } = await app.connectAccount();
    account = await getAccountForWork(db, accountId);
    const mediaId = await insertMedia(db, account);
    await addAccounts(2, history.accountsBefore);
    await addPosts('sent', mediaId, history.sentBefore);
    await addPosts('queued', mediaId, history.queuedBefore);
    if (history.gathered) await sql`analyze`.execute(db);
    await addAccounts(Math.max(2, history.accountsBefore + 1), accounts);
    await addPosts('queued', mediaId, history.queuedAfter, history.queuedBefore);
    // A video in a hundred is on its way.
    await sql`
      insert into video_uploads (post_id, account_id, media_id, status, wake_at)
      select id, account_id, media_id, 'uploading', ${now} from posts where media_type = 'video' limit 30
    `.execute(db);
    const queued = db.selectFrom('posts').selectAll().where('state', '=', 'queued').limit(1);
    post = await queued.where('media_type', '=', 'image').executeTakeFirstOrThrow();
    // Every post of its account is one: see addPosts.
    const video = await queued.where('media_type', '=', 'video').executeTakeFirstOrThrow();
    ofVideos = await getAccountForWork(db, video.account_id);
    account = await getAccountForWork(db, post.account_id);
  }, 120_000);
  afterAll(() => app.stop());

  async function addAccounts(from: number, to: number): Promise<void> {
    const { db } = app.database;
    await sql`
      insert into accounts (id, organization_id, environment, pinterest_user_id, username, display_name, created_at, updated_at)
      select 'acc_' || n, ${app.organizationId}, 'simulator', 'user' || n, 'user', 'User', ${now}, ${now}
      from generate_series(${from}::int, ${to}::int) n
    `.execute(db);
    await sql`
      insert into lanes (account_id, wake_at)
      select id, ${addMs(now, 3_600_000)}::timestamptz from accounts where id like 'acc_%' on conflict do nothing
    `.execute(db);
    await sql`update lanes set wake_at = ${addMs(now, -1_000)} where account_id like '%9'`.execute(db);
  }

  /** Spread over the accounts; of the queued, each hundredth is late. */
  async function addPosts(state: 'sent' | 'queued', mediaId: string, count: number, from = 0): Promise<void> {
    await sql`
      insert into posts (id, organization_id, account_id, state, board_id, title, description, url, is_simplified_pin,
        media_type, media_id, send_at, run_at, sent_at, pin_id, match_key, created_at, updated_at)
      select 'post_' || ${state}::text || n, ${app.organizationId}, a.id, ${state}, '1', 'Title', 'Words',
        'https://example.com/', true, case when n % 1000 = 1 then 'video' else 'image' end, ${mediaId}, moment,
        case ${state}::text when 'queued' then moment end, case ${state}::text when 'sent' then moment end,
        case ${state}::text when 'sent' then n end, n, ${now}, ${now}
      from generate_series(${from + 1}::int, ${from + count}::int) n
      join (select id, row_number() over (order by id) - 1 as place, count(*) over () as places from accounts) a
        on a.place = (n * 7) % a.places,
      lateral (
        select ${now}::timestamptz
          + (case when ${state}::text = 'sent' or n % 100 = 0 then -n else n end) * interval '1 minute' as moment
      ) m
    `.execute(app.database.db);
  }

  const lane = () => ({ accountId: account.id, fence: 0 });

  test.each<[string, number, (db: Connection) => Promise<unknown>]>([
    ['the sweep of lanes', 20 * accounts, (db) => sweepLanes(db, now, earliestWork)],
    [
      'the search for missed posts',
      // Without any statistics it may read each account's queue, but each queue once.
      4 * accounts + 50 * lateMax + queuedMax,
      (db) => announceMissedPosts(db, { before: addMs(now, -60_000), now, limit: 1_000 }),
    ],
    ['the removal of deleted posts', 20, (db) => removeDeletedPosts(db, now)],
    ['the removal of old batches', 20, (db) => removeOldBatches(db, now)],
    [
      'the removal of old events',
      100,
      (db) => removeOldEvents(db, { hasPostEnded, before: now, now, limit: 1_000 }),
    ],
    ['the removal of unused uploads', 300, (db) => removeUnusedUploads(db)],
    ['a claim', 64 * 60, (db) => claimLanes(db, { owner: 'me', now, leaseUntil: later, limit: 64 })],
    [
      'a renewal',
      100,
      (db) =>
        renewLaneLeases(db, {
          lanes: Array.from({ length: 64 }, (_, n) => ({ accountId: `acc_${n + 2}`, fence: 0 })),
          leaseUntil: later,
        }),
    ],
    ['the next post', 20, (db) => findDuePost(db, account, now, { unknownOnly: false })],
    ['what is in flight', 10, (db) => listInFlight(db, account.id)],
    ['the queue', 100, (db) => listQueue(db, account.id)],
    ['the next wake', 10, (db) => findNextWake(db, now)],
    [
      'a move',
      50,
      (db) =>
        movingIf(guardingLease(lane()), {
          post,
          step: { move: 'mediaReady' },
          stamp: { actor: systemActor, now },
        }).execute(db),
    ],
    ['the guard of a release', 10, (db) => guardingRelease(lane()).execute(db)],
    [
      'a release where every post waits for its video',
      400,
      (db) =>
        releasing({ accountId: ofVideos.id, fence: 0 }, { notBefore: null, now }, earliestWork).execute(db),
    ],
    ['a release', 60, (db) => releasing(lane(), { notBefore: null, now }, earliestWork).execute(db)],
    ['known Pins', 20, (db) => listOwnedPinIds(db, account.id, ['1', '2'])],
    [
      'beginning uploads',
      500,
      (db) => beginUploads(db, { now, startBefore: addMs(now, 3_600_000), freshAfter: now, limit: 100 }),
    ],
    [
      'claiming uploads',
      1_000,
      (db) =>
        claimUploads(db, { owner: 'me', now, leaseUntil: later, uploads: 8, checks: 50, perAccount: 3 }),
    ],
    ['a ready video', 10, (db) => findReadyVideo(db, post)],
    ['the release of all uploads', 10, (db) => releaseAllUploads(db, 'me')],
    [
      'renewed uploads',
      100,
      (db) => renewUploads(db, { uploads: [{ postId: 'post_1', fence: 1 }], leaseUntil: later }),
    ],
  ])('%s: at most %i pages', async (_, pagesMax, work) => {
    const costs = await costsOf(app.database, work);
    expect(costs.filter(({ pages, plan }) => pages > pagesMax || whole.test(plan))).toEqual([]);
  });
});

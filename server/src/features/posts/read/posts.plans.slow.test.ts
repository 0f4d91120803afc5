// The plans of the queries on posts: with 100,000 posts, each query walks an index.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/app.ts';
import { scansOf as scansIn } from '../../../../test/scans.ts';
import { newId } from '../../../domain/ids.ts';
import { postStatuses } from '../../../domain/post-states.ts';
import { type Connection, sql, type Tx } from '../../../platform/db/index.ts';
import { systemActor } from '../../../platform/use-case/index.ts';
import { type AccountRow, getAccountForWork } from '../../accounts/index.ts';
import { insertMedia } from '../../schedule/schedule.fixture.ts';
import * as batches from '../batches/batches.queries.ts';
import * as facts from '../compose/facts.queries.ts';
import * as posts from '../record/posts.queries.ts';
import { writePost } from '../record/write.queries.ts';
import * as lists from './list-posts.queries.ts';

let app: TestApp;
let busy: AccountRow;
let batchId: string;

const now = new Date('2027-03-01T08:00:00Z');
const inDays = (days: number) => new Date(now.getTime() + days * 24 * 3600_000);

beforeAll(async () => {
  app = await createTestApp({ now });
  const { db } = app.database;
  const accounts: AccountRow[] = [];
  for (let index = 0; index < 10; index += 1) {
    const { accountId } = await app.connectAccount({ boards: ['One'] });
    accounts.push(await getAccountForWork(db, accountId));
  }
  const [first] = accounts;
  if (!first) throw new Error('no account');
  busy = first;
  for (const [index, account] of accounts.entries()) {
    const mediaId = await insertMedia(db, account);
    // One account has most of them. Each status, held posts of both kinds, twenty boards, a tag that all have and one
    // that ten have.
    const count = index === 0 ? 55_000 : 5_000;
    await sql`
      insert into posts (id, organization_id, account_id, state, held_for, attempt_started_at, title, description, url, board_id,
        is_simplified_pin, media_type, media_id, send_at, run_at, sent_at, pin_id, failure, match_key,
        destination_key, tags, external_id, deleted_at, created_at, updated_at)
      select 'post_' || ${account.id} || n, ${account.organization_id}, ${account.id}, state,
        case when state = 'held' then case n % 100 when 2 then 'missed' else 'lost_answer' end end,
        case when state = 'held' then ${now}::timestamptz end, 'Title ' || n, 'Words of all',
        'https://example.com/' || n, (n % 20)::text, true, 'image', ${mediaId},
        case when state <> 'draft' then moment end, case state when 'queued' then moment end,
        case state when 'sent' then moment end, case state when 'sent' then n end,
        case state when 'failed' then '{"code":"x","at":"2027-01-01T00:00:00Z"}'::jsonb end, n,
        'example.com/' || n % 100, array['all'] || case when n % 5000 = 0 then array['rare'] else '{}' end,
        'ext-' || n, case when n % 50 = 7 and state = 'draft' then ${now}::timestamptz end, ${now}, ${now}
      from generate_series(1, ${count}::int) n,
        lateral (
          select case n % 50 when 2 then 'held' else (array['sent', 'sent', 'queued', 'draft', 'failed'])[1 + n % 5] end as state
        ) s,
        lateral (select ${now}::timestamptz + n * interval '30 minutes' * case state when 'sent' then -1 else 1 end as moment) m
    `.execute(db);
  }
  await sql`
    insert into post_search (post_id, search)
    select p.id, to_tsvector('simple', concat_ws(' ', p.title, p.description, p.url))
      || array_to_tsvector(array['=' || p.account_id, '@' || p.board_id]
        || coalesce((select array_agg('#' || tag) from unnest(p.tags) tag), '{}'))
    from posts p
  `.execute(db);
  batchId = newId('bat');
  await sql`
    insert into batches (id, organization_id, account_id, status, content_sha256, total, created, failed,
      created_at, completed_at, actor)
    select case when n = 1 then ${batchId} else 'bat_' || n end, ${busy.organization_id}, ${busy.id},
      case when n = 1 then 'processing' else 'completed' end, lpad(n::text, 64, '0'), 100, 0, 0,
      ${now}::timestamptz - n * interval '1 minute', case when n > 1 then ${now}::timestamptz - n * interval '1 minute' end, '{}'
    from generate_series(1, 5000) n
  `.execute(db);
  await sql`
    insert into batch_entries (batch_id, index, status, body, post_id)
    select b.id, n, case when b.status = 'processing' then 'pending' else 'created' end, null,
      case when b.status = 'completed' then 'post_x' end
    from batches b, generate_series(0, 19) n
  `.execute(db);
  await sql`analyze`.execute(db);
}, 240_000);
afterAll(() => app.stop());

const scansOf = (work: (connection: Connection) => Promise<unknown>) => scansIn(app.database, work);

test('a query without an index is noticed among 100,000 posts', async () => {
  const count = await app.database.db
    .selectFrom('posts')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  expect(Number(count.count)).toBe(100_000);
  const scans = await scansOf((db) => db.selectFrom('posts').select('id').where('title', '=', 'x').execute());
  expect(scans.join()).toMatch(/Seq Scan posts/);
});

/** A sequential scan of a table of posts. The tables of other rooms are empty here. */
const whole = /Seq Scan (posts|post_search|batches|batch_entries)/;

const statuses: lists.ListStatus[] = [...postStatuses, 'missed', 'held'];
const filters: Record<string, Partial<lists.ListFilter>> = {
  'without a filter': {},
  'after a page': { after: { listedAt: inDays(10), id: 'post_x' } },
  'between dates': { from: inDays(-5), until: inDays(5) },
  'of a board': { boardId: '7' },
  'with a tag that all have': { tag: 'all' },
  'with a tag that few have': { tag: 'rare' },
  'with words that all have': { q: 'words' },
  'with words that one has': { q: 'title 4711' },
  'with a word that one has': { q: '4711' },
  'with an id of the caller': { externalId: 'ext-4711' },
  'with everything': { boardId: '7', tag: 'all', q: 'title 4', externalId: 'ext-4711', from: inDays(-5) },
};
const cases = statuses.flatMap((status) => Object.keys(filters).map((name) => [status, name] as const));

test.each(cases)('the list of %s posts %s walks an index', async (status, name) => {
  const filter: lists.ListFilter = {
    organizationId: busy.organization_id,
    accountId: busy.id,
    status,
    now,
    from: undefined,
    until: undefined,
    boardId: undefined,
    tag: undefined,
    externalId: undefined,
    q: undefined,
    after: undefined,
    limit: 51,
    ...filters[name],
  };
  const started = performance.now();
  await lists.listPosts(app.database.db, filter);
  expect(performance.now() - started).toBeLessThan(5_000);
  expect((await scansOf((db) => lists.listPosts(db, filter))).join()).not.toMatch(whole);
});

test('a search for words uses the index even where PostgreSQL would prefer a sequential scan', async () => {
  const { rows } = await app.database.pool.query(
    `select proconfig from pg_proc where proname = 'posts_with_words'`,
  );
  expect(rows).toEqual([{ proconfig: ['enable_seqscan=off'] }]);
});

const path = () => ({ accountId: busy.id, postId: `post_${busy.id}4711` });
const caller = () => ({ organizationId: busy.organization_id });
const ids = (count: number) => Array.from({ length: count }, (_, index) => `post_${busy.id}${index + 1}`);

test.each<[string, (db: Connection) => Promise<unknown>]>([
  ['one post', (db) => posts.findPost(db, caller(), path())],
  ['500 posts', (db) => posts.findPosts(db, caller(), { accountId: busy.id, postIds: ids(500) })],
  ['a Pin among many', (db) => posts.listOwnedPinIds(db, busy.id, ['4711', '4712'])],
  ['the post of a Pin', (db) => posts.findPostOfPin(db, busy.id, '4711')],
  ['externalIds', (db) => facts.findTakenIds(db, busy.id, ids(500))],
  ['doubtful posts', (db) => posts.listDoubtful(db, inDays(1), 1000)],
  ['old marks of deleted posts', (db) => posts.removeDeletedPosts(db, inDays(-28))],
  [
    'a post that is written, with new words',
    (db) =>
      writePost(
        db,
        { id: `post_${busy.id}4711`, version: 1 },
        {
          change: { title: 'Lemon tart' },
          event: {
            organizationId: busy.organization_id,
            accountId: busy.id,
            postId: `post_${busy.id}4711`,
            type: 'post.updated',
            at: inDays(0),
            actor: systemActor,
            data: { status: 'draft', externalId: null, changed: ['title'] },
          },
          hasNewWords: true,
        },
      ),
  ],
  [
    'a batch by its content',
    (db) =>
      batches.findBatchByContent(db as Tx, {
        accountId: busy.id,
        sha256: '7'.padStart(64, '0'),
        since: inDays(-7),
      }),
  ],
  [
    'a batch',
    (db) => batches.findBatch(db, { organizationId: busy.organization_id, accountId: busy.id, batchId }),
  ],
  ['a batch at work', (db) => batches.getBatchForWork(db, batchId)],
  ['entries of a batch', (db) => batches.listEntries(db, { batchId, from: 5, limit: 51 })],
  ['entries that wait', (db) => batches.listPending(db, batchId, 500)],
  ['old batches', (db) => batches.removeOldBatches(db, inDays(-28))],
])('%s: by an index', async (_, work) => {
  expect((await scansOf(work)).join()).not.toMatch(whole);
});

function owner() {
  return { organization_id: busy.organization_id };
}

test('writes find their rows by an index', async () => {
  const scans = await scansOf(async (db) => {
    // Each statement alone: a transaction would be one that cannot be explained.
    const tx = db as Tx;
    await posts.lockQueuedPosts(tx, { account_id: busy.id, ...owner() }, 5000);
    await posts.findPosts(tx, caller(), { accountId: busy.id, postIds: ids(500), lock: true });
    await batches.lockBatch(tx, { id: batchId, account_id: busy.id }, [0, 1, 2]);
    await batches.recordResults(tx, batchId, [
      { index: 0, status: 'created', postId: 'post_x', details: null, warnings: [] },
    ]);
    await batches.completeBatch(tx, batchId, now);
    const entry = JSON.stringify({ row: null, body: {}, details: null });
    await batches.reopenBatch(tx, batchId, { texts: [entry, entry], failed: 0 });
  });
  expect(scans.join()).not.toMatch(whole);
});

// No query of this room reads through the posts table: with 100,000 posts in it, each one walks an index.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/app.ts';
import { scansOf as scansIn } from '../../../test/scans.ts';
import { type Connection, sql } from '../../platform/db/index.ts';
import { type AccountRow, getAccountForWork } from '../accounts/index.ts';
import { insertMedia } from './schedule.fixture.ts';
import { listDatedPosts, listPlaced } from './schedule.queries.ts';
import { findSpacingRule, listDestinationTimes, readSpacing } from './spacing.queries.ts';
import { listSlotTimes, listTimeslotRows } from './timeslots.queries.ts';

let app: TestApp;
let busy: AccountRow;

const now = new Date('2027-03-01T08:00:00Z');
const inDays = (days: number) => new Date(now.getTime() + days * 24 * 3600_000);

beforeAll(async () => {
  app = await createTestApp({ now });
  const accounts: AccountRow[] = [];
  for (let index = 0; index < 10; index += 1) {
    const { accountId } = await app.connectAccount({ boards: ['One'] });
    accounts.push(await getAccountForWork(app.database.db, accountId));
  }
  for (const account of accounts) {
    const mediaId = await insertMedia(app.database.db, account);
    // Half of them are sent, a quarter waits, and the rest are drafts; a hundred destinations.
    await sql`
      insert into posts (id, organization_id, account_id, state, title, description, url, board_id,
        is_simplified_pin, media_type, media_id, send_at, run_at, sent_at, pin_id, match_key,
        destination_key, created_at, updated_at)
      select ${account.id} || n, ${account.organization_id}, ${account.id}, state, 't', 'd', 'u', '1',
        true, 'image', ${mediaId}, moment, case state when 'queued' then moment end,
        case state when 'sent' then moment end, case state when 'sent' then n end, n,
        'example.com/' || n % 100, ${now}, ${now}
      from generate_series(1, 10000) n,
        lateral (select case when n % 4 < 2 then 'sent' when n % 4 = 2 then 'queued' else 'draft' end as state) s,
        lateral (select ${now}::timestamptz + n * interval '30 minutes' * case state when 'sent' then -1 else 1 end as moment) m
    `.execute(app.database.db);
  }
  await sql`analyze`.execute(app.database.db);
  const [first] = accounts;
  if (!first) throw new Error('no account');
  busy = first;
}, 120_000);
afterAll(() => app.stop());

const scansOf = (work: (connection: Connection) => Promise<unknown>) => scansIn(app.database, work);

const placed = { accountId: '', exceptPostId: 'post_x', withSent: true, from: now, until: inDays(9) };
const same = { accountId: '', destinationKey: 'example.com/7', exceptPostId: null };

test('there are 100,000 posts, so that a query without an index is noticed', async () => {
  const { count } = await app.database.db
    .selectFrom('posts')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  expect(count).toBe(100_000);
  const scans = await scansOf((db) => db.selectFrom('posts').select('id').where('title', '=', 'x').execute());
  expect(scans.join()).toMatch(/Seq Scan posts/);
});

test.each<[string, RegExp, (connection: Connection) => Promise<unknown>]>([
  [
    'what is placed in the first window of a search',
    /posts_listed/,
    (db) => listPlaced(db, { ...placed, accountId: busy.id }),
  ],
  [
    'what is placed in a whole year',
    /posts_listed/,
    (db) => listPlaced(db, { ...placed, accountId: busy.id, withSent: false, until: inDays(366) }),
  ],
  [
    'when posts with one destination go out',
    /posts_by_destination/,
    (db) =>
      listDestinationTimes(db, { ...same, accountId: busy.id, after: inDays(-365), before: inDays(730) }),
  ],
  [
    'sixty days of the dated schedule',
    /posts_listed/,
    (db) => listDatedPosts(db, { accountId: busy.id, from: now, to: inDays(60) }),
  ],
])('%s: by an index', async (_, index, work) => {
  const scans = (await scansOf(work)).join();
  expect(scans).toMatch(index);
  expect(scans).not.toMatch(/Seq Scan/);
});

test('slots and rules of one account are found by an index if there are many', async () => {
  const { db } = app.database;
  const accounts = await db.selectFrom('accounts').select('id').execute();
  for (const { id } of accounts) {
    await sql`
      insert into timeslots (id, account_id, day_preference, minute_of_day, timezone, type, created_at, updated_at)
      select ${id} || n, ${id}, n % 7, n, 'UTC', 'custom', ${now}, ${now} from generate_series(1, 1000) n`.execute(
      db,
    );
    await sql`
      insert into spacing_rules (account_id, destination_key, url, min_days, updated_at)
      select ${id}, 'example.com/' || n, 'https://example.com/' || n, 7, ${now} from generate_series(1, 5000) n`.execute(
      db,
    );
  }
  await sql`analyze`.execute(db);
  const scans = await scansOf(async (connection) => {
    await listTimeslotRows(connection, busy.id);
    await listSlotTimes(connection, busy.id);
    await findSpacingRule(connection, busy.id, 'example.com/7');
    await readSpacing(connection, { ...same, accountId: busy.id, at: now });
  });
  expect(scans.join()).not.toMatch(/Seq Scan/);
  expect(scans.join()).toMatch(/posts_by_destination/);
});

test('a claim and the schedule of that account succeed', async () => {
  const path = `/v1/accounts/${busy.id}/schedule`;
  const { body } = await app.call('GET', `${path}?from=2027-03-01T08:00:00Z&to=2027-04-30T08:00:00Z`);
  const open = body.data.schedule.find((entry: { status: string }) => entry.status === 'open');
  const claimed = await app.database.transaction((tx) =>
    app.app.schedule.claimNextOpenSlot(tx, busy, { url: null, now }),
  );
  expect(claimed.getTime() / 1000).toBe(open.at);
});

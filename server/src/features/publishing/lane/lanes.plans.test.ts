// The statements of a worker are planned once for each connection: planning takes many times as long as running them.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/app.ts';
import { addMs } from '../../../platform/clock.ts';
import { type Database, openDatabase, sql } from '../../../platform/db/index.ts';
import { createLog } from '../../../platform/log.ts';
import { type AccountRow, getAccountForWork } from '../../accounts/index.ts';
import { insertMedia } from '../../schedule/schedule.fixture.ts';
import { createLaneStore } from './lane-store.ts';

const now = new Date('2027-03-01T08:00:00Z');
/** PostgreSQL plans a statement five times with its values before it weighs whether that was worth it. */
const plansBeforeKept = 5;

let app: TestApp;
let database: Database;
const accounts: AccountRow[] = [];

beforeAll(async () => {
  app = await createTestApp({ now });
  // Of its own, with one connection: that one has made all the plans.
  const log = createLog({ level: 'warn', format: 'json' });
  database = openDatabase({ url: app.databaseUrl, log, poolSize: 1 });
  for (let index = 0; index < 20; index += 1) {
    const { accountId } = await app.connectAccount();
    const account = await getAccountForWork(database.db, accountId);
    accounts.push(account);
    const mediaId = await insertMedia(database.db, account);
    await sql`
      insert into posts (id, organization_id, account_id, state, board_id, title, description, url, is_simplified_pin, media_type, media_id, send_at,
        run_at, match_key, created_at, updated_at)
      select 'post_' || ${account.id} || n, ${account.organization_id}, ${account.id}, 'queued', '1', 'Title', 'Words', 'https://example.com/', true, 'image', ${mediaId},
        moment, moment, n, ${now}, ${now}
      from generate_series(1, 500) n, lateral (select ${now}::timestamptz + (n - 2) * interval '1 hour' as moment) m
    `.execute(database.db);
  }
  await sql`update lanes set wake_at = ${addMs(now, -3_600_000)}`.execute(database.db);
  await sql`analyze`.execute(database.db);
});
afterAll(async () => {
  await database.close();
  await app.stop();
});

test('the statements of a lease are not planned again for each lease', async () => {
  const lanes = createLaneStore(database);
  const leaseUntil = addMs(now, 12_000);
  for (const account of accounts) {
    const claimed = await lanes.claim({ owner: 'me', now, leaseUntil, limit: 1 });
    expect(claimed).toHaveLength(1);
    await lanes.getAccount(account.id);
    await lanes.listInFlight(account.id);
    const due = await lanes.findDuePost(account, now, { unknownOnly: false });
    expect(due?.is_last_due).toBe(false);
    await lanes.findNextWake(now);
  }
  const { rows } = await sql<{ plans: number; statement: string }>`
    select custom_plans as plans, statement from pg_prepared_statements
  `.execute(database.db);
  expect(rows.length).toBeGreaterThan(3);
  expect(rows.filter(({ plans }) => plans > plansBeforeKept)).toEqual([]);
});

// An installation that was used and is then upgraded: its data go through every later migration, and the present
// version works with them as if it had written them.

import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createTestApp } from '../../../test/app.ts';
import { createTestDatabase } from '../../../test/database.ts';
import { createLog } from '../log.ts';
import { createFolderStorage } from '../storage/index.ts';
import { systemActor } from '../use-case/index.ts';
import { migrate } from './index.ts';

const own = fileURLToPath(new URL('./migrations', import.meta.url));
const log = createLog({ level: 'silent', format: 'json' });

/** The migrations up to a number, as the version had them that brought it. */
async function migrationsUpTo(last: string): Promise<{ folder: string; names: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'pintail-upgrade-'));
  const names = (await readdir(own))
    .filter((name) => name.endsWith('.sql') && name.slice(0, 4) <= last)
    .sort();
  for (const name of names) await cp(join(own, name), join(folder, name));
  return { folder, names };
}

/**
 * What a version with the migrations up to 0006 may have stored: an account whose tokens are readable only to its
 * key, a post in every state, lanes, events, a connection half made.
 */
const stored = `
  insert into organizations values ('org_old', 'Old', '2027-02-01T00:00:00Z');
  insert into api_keys (id, organization_id, name, prefix, secret_hash, created_at)
    values ('key_old', 'org_old', 'k', 'pt_test_abc', '\\x01', '2027-02-01T00:00:00Z');
  insert into accounts (id, organization_id, environment, pinterest_user_id, username, display_name, access_token,
      created_at, updated_at, min_interval_seconds, unknown_policy)
    values ('acc_01kav8aaaaaaaaaaaaaaaaaaaa', 'org_old', 'simulator', '77', 'old', 'Old', null,
      '2027-02-01T00:00:00Z', '2027-02-01T00:00:00Z', 0, 'retry');
  insert into lanes (account_id, wake_at, fence) values ('acc_01kav8aaaaaaaaaaaaaaaaaaaa', '2027-03-01T08:01:00Z', 3);
  insert into boards values ('acc_01kav8aaaaaaaaaaaaaaaaaaaa', '1234', 'B', null, false, false, 0, 0);
  insert into oauth_states values ('\\x02', 'org_old', null, 'simulator', '2027-03-01T08:05:00Z');
  insert into app_budgets values ('simulator:x', null, '2027-02-28', 4);
  insert into media values ('med_01kav8aaaaaaaaaaaaaaaaaaaa', 'org_old', repeat('a', 64), repeat('a', 64),
    'https://example.com/a.jpg', 'image/jpeg', 10, 5, 5, null, 'org_old/aa/a.jpg', 'org_old/aa/a.thumbnail.webp', 'x',
    '2027-02-01T00:00:00Z');
  insert into posts (id, organization_id, account_id, state, title, description, url, board_id, is_simplified_pin,
      media_type, media_id, send_at, run_at, sent_at, pin_id, attempts, attempt_started_at, failure, match_key,
      created_at, updated_at, deleted_at)
    select 'post_01kav8aaaaaaaaaaaaaaaaaaa' || n, 'org_old', 'acc_01kav8aaaaaaaaaaaaaaaaaaaa', state, 't' || n, 'd',
      'https://example.com/', '1234', true, 'image', 'med_01kav8aaaaaaaaaaaaaaaaaaaa', send_at, run_at,
      case when state = 'sent' then send_at end, case when state = 'sent' then '99' end, 1, send_at,
      case when state = 'failed' then '{"code":"board_not_found","message":"m","remediation":"r","retryable":false,"at":"2027-02-20T00:00:00.000Z"}'::jsonb end,
      'key' || n, '2027-02-01T00:00:00Z', '2027-02-01T00:00:00Z', deleted_at
    from (values
      (1, 'draft', null::timestamptz, null::timestamptz, null::timestamptz),
      (2, 'queued', '2027-03-01T08:01:00Z', '2027-03-01T08:01:00Z', null),
      (3, 'publishing', '2027-03-01T07:59:00Z', null, null),
      (4, 'sent', '2027-02-20T00:00:00Z', null, null),
      (5, 'failed', '2027-02-20T00:00:00Z', null, null),
      (6, 'unknown', '2027-03-01T07:58:00Z', '2027-03-01T08:00:10Z', null),
      (7, 'queued', '2027-02-20T00:00:00Z', null, '2027-02-19T00:00:00Z')
    ) as old (n, state, send_at, run_at, deleted_at);
  insert into events (organization_id, account_id, post_id, type, at, data)
    values ('org_old', 'acc_01kav8aaaaaaaaaaaaaaaaaaaa', 'post_01kav8aaaaaaaaaaaaaaaaaaa2', 'post.created',
      '2027-02-01T00:00:00Z', '{"status":"queued","sendAt":null}');
`;

test('data of an older version survive every later migration, and its queue goes out once', async () => {
  const { folder, names } = await migrationsUpTo('0006');
  const testDatabase = await createTestDatabase({ empty: true });
  const { pool } = testDatabase.database;
  expect((await migrate({ url: testDatabase.url, log, folder })).applied).toEqual(names);
  await pool.query(stored);
  const before = (await pool.query('select * from posts order by id')).rows;

  const { applied } = await migrate({ url: testDatabase.url, log });
  expect(applied.length).toBeGreaterThan(0);
  expect((await migrate({ url: testDatabase.url, log })).applied).toEqual([]);
  // What was there is still there, column by column; new columns may have come.
  const after = (await pool.query('select * from posts order by id')).rows;
  expect(after).toMatchObject(before);

  const app = await createTestApp({ testDatabase });
  // The account comes back as a person would bring it back, with the same Pinterest user.
  await app.control('POST', '/seed', {
    accounts: [
      {
        id: '77',
        username: 'old',
        boards: [{ id: '1234', name: 'B' }],
        tokens: [{ accessToken: 'pina_old' }],
      },
    ],
  });
  const account = await app.app.accounts.connect({
    actor: systemActor,
    organizationId: 'org_old',
    environment: 'simulator',
    accountId: null,
    accessToken: 'pina_old',
    refreshToken: null,
    accessTokenExpiresAt: null,
    refreshTokenExpiresAt: null,
  });
  expect(account.id).toBe('acc_01kav8aaaaaaaaaaaaaaaaaaaa');
  const { key } = await app.makeKey({ organization: 'Old' });
  const list = async (status: string) =>
    (
      await app.call('GET', `/v1/accounts/${account.id}/posts?status=${status}`, undefined, key)
    ).body.data.posts.map(({ title }: { title: string }) => title);
  expect([await list('draft'), await list('sent'), await list('failed')]).toEqual([['t1'], ['t4'], ['t5']]);
  expect(await list('queued')).toEqual(['t2']);

  // The picture of the old posts, where the old version had put it.
  const media = await createFolderStorage({
    folder: join(app.parts.config.dataDir, 'media'),
    clock: app.clock,
  });
  const picture = Buffer.from(await (await fetch(app.picture())).arrayBuffer());
  await media.put('org_old/aa/a.jpg', Readable.from([picture]));
  const worker = app.app.createWorker();
  for (const seconds of [60, 10, 30, 120, 600, 60]) {
    app.clock.advance(seconds * 1000);
    await worker.runDue();
  }
  // Two whose answer the old version had lost: not on Pinterest, so published now; and the one that was queued.
  expect((await app.pins()).map(({ title }) => title).sort()).toEqual(['t2', 't3', 't6']);
  expect((await list('sent')).sort()).toEqual(['t2', 't3', 't4', 't6']);
  await app.stop();
  await rm(folder, { recursive: true });
});

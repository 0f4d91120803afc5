// Upgrades an installation with data: later migrations change the schema, and the queue is published as before.

import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
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

/**
 * Creates the migrations of a future version: ours and two more. The first adds a column to posts, the second changes
 * the titles of drafts.
 */
async function laterMigrations(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pintail-upgrade-'));
  await cp(own, folder, { recursive: true });
  await writeFile(
    join(folder, '9001_campaigns.sql'),
    `alter table posts add column campaign text not null default 'none';
     update posts set campaign = 'spring' where state = 'queued' and deleted_at is null;
     create index posts_by_campaign on posts (account_id, campaign, id) where deleted_at is null;`,
  );
  await writeFile(
    join(folder, '9002_draft_titles.sql'),
    "update posts set title = title || ' (draft)' where state = 'draft';",
  );
  return folder;
}

/** Data of the current version: an account, a post in every state, a lane, an event, an unfinished connection. */
const stored = `
  insert into organizations values ('org_old', 'Old', '2027-02-01T00:00:00Z');
  insert into api_keys (id, organization_id, name, prefix, secret_hash, created_at, created_by)
    values ('key_old', 'org_old', 'k', 'pt_test_abc', '\\x01', '2027-02-01T00:00:00Z', '{}');
  insert into accounts (id, organization_id, environment, pinterest_user_id, username, display_name, access_token,
      created_at, updated_at, min_interval_seconds, unknown_policy)
    values ('acc_01kav8aaaaaaaaaaaaaaaaaaaa', 'org_old', 'simulator', '77', 'old', 'Old', null,
      '2027-02-01T00:00:00Z', '2027-02-01T00:00:00Z', 0, 'retry');
  insert into lanes (account_id, wake_at, fence) values ('acc_01kav8aaaaaaaaaaaaaaaaaaaa', '2027-03-01T08:01:00Z', 3);
  insert into boards values ('acc_01kav8aaaaaaaaaaaaaaaaaaaa', '1234', 'B', null, false, false, 0, 0);
  insert into connect_links values ('\\x02', 'org_old', null, 'simulator', '2027-03-01T08:05:00Z', '{}');
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
  insert into events (organization_id, account_id, post_id, type, at, data, actor)
    values ('org_old', 'acc_01kav8aaaaaaaaaaaaaaaaaaaa', 'post_01kav8aaaaaaaaaaaaaaaaaaa2', 'post.created',
      '2027-02-01T00:00:00Z', '{"status":"queued","sendAt":null,"externalId":null}',
      '{"type":"system","id":null,"name":"Pintail"}');
`;

test('stored data are unchanged after later migrations, and the queue is published once', async () => {
  const folder = await laterMigrations();
  const testDatabase = await createTestDatabase({ empty: true });
  const { pool } = testDatabase.database;
  await migrate({ url: testDatabase.url, log });
  await pool.query(stored);
  const before = (await pool.query('select * from posts order by id')).rows;

  const { applied } = await migrate({ url: testDatabase.url, log, folder });
  expect(applied).toEqual(['9001_campaigns.sql', '9002_draft_titles.sql']);
  expect((await migrate({ url: testDatabase.url, log, folder })).applied).toEqual([]);
  // Every stored column has its value, except the titles that were changed.
  const after = (await pool.query('select * from posts order by id')).rows;
  expect(after.map(({ title }) => title)).toEqual(['t1 (draft)', 't2', 't3', 't4', 't5', 't6', 't7']);
  expect(after.map(({ campaign }) => campaign)).toEqual([
    'none',
    'spring',
    'none',
    'none',
    'none',
    'none',
    'none',
  ]);
  expect(after.map(({ title, ...row }) => row)).toMatchObject(before.map(({ title, ...row }) => row));

  const app = await createTestApp({ testDatabase });
  // The account is connected again with the same Pinterest user.
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
  expect([await list('draft'), await list('sent'), await list('failed')]).toEqual([
    ['t1 (draft)'],
    ['t4'],
    ['t5'],
  ]);
  expect(await list('queued')).toEqual(['t2']);

  // The picture of the stored posts.
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
  // The queued post, and the two whose create response was lost: they are not on Pinterest, so they are published.
  expect((await app.pins()).map(({ title }) => title).sort()).toEqual(['t2', 't3', 't6']);
  expect((await list('sent')).sort()).toEqual(['t2', 't3', 't4', 't6']);
  await app.stop();
  await rm(folder, { recursive: true });
});

// Media that a restricted key sees are found through indexes, however many media the organization has.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/app.ts';
import { scansOf } from '../../../test/scans.ts';
import { newId } from '../../domain/ids.ts';
import { sql } from '../../platform/db/index.ts';
import { getAccountForWork } from '../accounts/index.ts';
import { listHoldingPosts } from './files/sweep.queries.ts';
import {
  findClaims,
  listVisible,
  listVisiblePage,
  type MediaViewer,
} from './record/visible-media.queries.ts';

let app: TestApp;
let viewer: MediaViewer & { accountIds: string[] };

const mediaId = (number: number) => `med_${String(number).padStart(26, '0')}`;

beforeAll(async () => {
  app = await createTestApp();
  const { db } = app.database;
  const accounts: string[] = [];
  for (let index = 0; index < 4; index += 1) accounts.push((await app.connectAccount()).accountId);
  const { organization_id: organizationId, created_at: now } = await getAccountForWork(db, accounts[0] ?? '');
  const key = { type: 'key', id: newId('key'), name: 'client' } as const;
  viewer = { organizationId, actor: key, accountIds: accounts.slice(0, 2) };
  await sql`
    insert into media (id, organization_id, sha256, source_sha256, content_type, bytes, width, height, storage_key,
      thumbnail_key, placeholder, created_at)
    select 'med_' || lpad(n::text, 26, '0'), ${organizationId}, lpad(n::text, 64, '0'), lpad(n::text, 64, '0'),
      'image/jpeg', 1, 1, 1, n, n, '', ${now}
    from generate_series(1, 50000) n`.execute(db);
  // The accounts of the key: 20,000 posts of one picture, and a few of others. The accounts of others: all the rest.
  await sql`
    insert into posts (id, organization_id, account_id, state, is_simplified_pin, media_type, media_id, cover_media_id,
      carousel, match_key, created_at, updated_at)
    select 'post_' || n, ${organizationId}, (${accounts}::text[])[case when n <= 20100 then 1 + n % 2 else 3 + n % 2 end],
      'draft', true, 'image', m.id, case when n % 20 = 1 then m.id end,
      case when n % 20 = 2 then to_jsonb(array_fill(jsonb_build_object('mediaId', m.id), array[5])) end,
      n, ${now}, ${now}
    from generate_series(1, 60000) n,
      lateral (select 'med_' || lpad((case when n <= 20000 then 7 when n <= 20100 then n % 30000 else n % 50000 + 1 end)::text, 26, '0') as id) m
  `.execute(db);
  await sql`
    insert into media_additions (actor_id, media_id, created_at)
    select case when n % 100 = 0 then ${key.id} else 'key_other' || n % 7 end, 'med_' || lpad(n::text, 26, '0'), ${now}
    from generate_series(1, 20000) n`.execute(db);
  await sql`analyze`.execute(db);
}, 120_000);
afterAll(() => app.stop());

/** Everything but walks of an index in its order, or to single rows of it. */
const others = (scans: readonly string[]) =>
  scans.filter((scan) => !/^(Index|Index Only|Bitmap Index) Scan /.test(scan));

test('a page steps from one medium to the next in the indexes by account', async () => {
  const scans = await scansOf(app.database, (db) =>
    listVisiblePage(db, viewer, { after: undefined, limit: 101 }),
  );
  expect(others(scans)).toEqual(expect.not.arrayContaining([expect.stringMatching(/posts|media/)]));
  for (const index of [
    'media_additions_pkey',
    'posts_media_of_account',
    'posts_cover_of_account',
    ...[2, 3, 4, 5].map((slide) => `posts_slide_${slide}_of_account`),
  ]) {
    expect(scans.join('\n')).toMatch(new RegExp(`^Index (Only )?Scan ${index}$`, 'm'));
  }
});

test('a list reads as many rows as it has entries, though one picture has 20,000 posts', async () => {
  const reads = await app.database.transaction(async (tx) => {
    expect(await listVisiblePage(tx, viewer, { after: undefined, limit: 1000 })).toHaveLength(301);
    const { rows } = await sql<{ reads: string }>`
      select pg_stat_get_xact_tuples_fetched('posts'::regclass) + pg_stat_get_xact_tuples_returned('posts'::regclass)
        + pg_stat_get_xact_tuples_returned('posts_media_of_account'::regclass) as reads`.execute(tx);
    return Number(rows[0]?.reads);
  });
  expect(reads).toBeGreaterThan(0);
  expect(reads).toBeLessThan(10_000);
});

test.each<[string, (connection: Parameters<typeof listVisible>[0]) => Promise<unknown>]>([
  ['one by id', (db) => listVisible(db, viewer, [mediaId(7)])],
  [
    '500 by id',
    (db) =>
      listVisible(
        db,
        viewer,
        Array.from({ length: 500 }, (_, n) => mediaId(n * 90)),
      ),
  ],
  [
    'what a deletion asks',
    (db) =>
      app.database.transaction(async () => {
        const { accountIds } = viewer;
        // On the connection that is watched; nothing is written.
        await listHoldingPosts(db as never, { mediaId: mediaId(30_000), accountIds, limit: 6 });
        await findClaims(db as never, { actorId: 'key_x', accountIds }, mediaId(30_000));
      }),
  ],
])('%s uses indexes only', async (_name, work) => {
  const scans = await scansOf(app.database, work);
  expect(scans.filter((scan) => scan.startsWith('Seq Scan') && !scan.includes('api_keys'))).toEqual([]);
});

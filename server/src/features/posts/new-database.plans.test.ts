// The look-ups of a create in a new database: their plans are made while there are no posts and no statistics, and kept.
import { expect, test } from 'vitest';
import { costsOfKeptPlans } from '../../../test/scans.ts';
import { account, app, useApp } from '../../../test/use-app.ts';
import { type Connection, sql } from '../../platform/db/index.ts';
import { systemActor } from '../../platform/use-case/index.ts';
import { listPostsToCompare } from '../media/pictures/similar-posts.queries.ts';
import { listDestinationTimes, readSpacing, readSpacings } from '../schedule/spacing.queries.ts';
import { findNamed, findTakenIds } from './compose/facts.queries.ts';
import { listEqualPosts } from './record/equal-posts.queries.ts';

useApp({ accountPer: 'test' });

const count = 5_000;

/** Posts with a destination and an external id each, all with the same media. */
async function addPosts(mediaId: string): Promise<void> {
  const now = app.clock.now();
  await sql`
    insert into posts (id, organization_id, account_id, state, title, description, url, board_id, is_simplified_pin,
      media_type, media_id, send_at, run_at, match_key, destination_key, external_id, created_at, updated_at)
    select 'post_' || n, ${app.organizationId}, ${account.accountId}, 'queued', 't', 'd', 'u', '1', true,
      'image', ${mediaId}, at, at, n, 'example.com/' || n, 'external-' || n, ${now}, ${now}
    from generate_series(1, ${count}) n, lateral (select ${now}::timestamptz + n * interval '1 minute' as at) m
  `.execute(app.database.db);
}

const destinationKey = 'example.com/7';
const around = () => {
  const now = app.clock.now().getTime();
  return { from: new Date(now - 864e5), until: new Date(now + 864e5) };
};

test.each<[string, (db: Connection) => Promise<unknown>]>([
  [
    'the facts of a create',
    (db) => {
      const { organizationId } = app;
      const caller = { organizationId, actor: systemActor, scopes: null, accountIds: null };
      const visit = { destinationKey, at: app.clock.now() };
      const named = { boardIds: ['1'], mediaIds: ['med_x'], externalIds: ['external-9'], visit };
      return findNamed(db, caller, account.accountId, named);
    },
  ],
  ['taken external ids', (db) => findTakenIds(db, account.accountId, ['external-8', 'external-9'])],
  [
    'the spacing of a post',
    (db) =>
      readSpacing(db, {
        ...{ accountId: account.accountId, destinationKey },
        ...{ at: app.clock.now(), exceptPostId: null },
      }),
  ],
  [
    'the times of a destination',
    (db) =>
      listDestinationTimes(db, {
        ...{ accountId: account.accountId, destinationKey, exceptPostId: null },
        ...{ after: around().from, before: around().until },
      }),
  ],
  [
    'the posts with similar pictures',
    (db) =>
      listPostsToCompare(db, {
        ...{ organizationId: app.organizationId, accountId: account.accountId, destinationKey },
        ...{ ...around(), exceptPostId: undefined },
      }),
  ],
  [
    'the spacings of a batch',
    (db) =>
      readSpacings(
        db,
        account.accountId,
        Array.from({ length: 10 }, (_, index) => ({
          ...{ destinationKey: `example.com/${index}`, at: app.clock.now() },
        })),
      ),
  ],
  [
    'the posts that equal entries of a batch',
    (db) =>
      listEqualPosts(db, account.accountId, {
        ...{ mediaIds: ['med_x', 'med_y'], matchKeys: ['7', '8'] },
      }),
  ],
])('%s read few pages with a plan from before the first post', async (_name, work) => {
  const { media } = await app.createPost(account, { sendAt: undefined });
  await sql`truncate posts cascade`.execute(app.database.db);
  const costs = await costsOfKeptPlans(app.database, work, () => addPosts(media.id));
  for (const { pages, plan } of costs) expect(pages, plan).toBeLessThan(60);
});

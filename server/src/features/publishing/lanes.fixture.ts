// The lane of the test's account as its row shows it, and one round of the sweeper.
import { account, app } from '../../../test/publishing.ts';
import { sweep } from './sweeper.ts';

export const laneRow = () =>
  app.database.db
    .selectFrom('lanes')
    .selectAll()
    .where('account_id', '=', account.accountId)
    .executeTakeFirstOrThrow();

export const sweepNow = () =>
  sweep({ ...app.app, ...app.parts, eventsKeptMs: app.parts.config.eventsKeptMs });

/** Workers serve every account: what an earlier test left due would be served in this one. */
export async function emptyLanes(): Promise<void> {
  await app.database.db.deleteFrom('posts').execute();
  await app.database.db.updateTable('lanes').set({ wake_at: null, owner: null, lease_until: null }).execute();
}

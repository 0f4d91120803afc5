// The lane of the test's account as its row shows it, and one round of sweeps.
import { account, app } from '../../../../test/publishing.ts';

export const laneRow = () =>
  app.database.db
    .selectFrom('lanes')
    .selectAll()
    .where('account_id', '=', account.accountId)
    .executeTakeFirstOrThrow();

export const sweepNow = () => app.app.sweeper.run();

/** Workers serve every account: what an earlier test left due would be served in this one. */
export async function emptyLanes(): Promise<void> {
  await app.database.db.deleteFrom('posts').execute();
  await app.database.db.updateTable('lanes').set({ wake_at: null, owner: null, lease_until: null }).execute();
}

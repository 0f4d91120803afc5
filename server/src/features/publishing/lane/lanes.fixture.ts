// Reads the lane of the test's account, and runs the sweeps once.
import { account, app } from '../../../../test/publishing.ts';

export const laneRow = () =>
  app.database.db
    .selectFrom('lanes')
    .selectAll()
    .where('account_id', '=', account.accountId)
    .executeTakeFirstOrThrow();

export const sweepNow = () => app.app.sweeper.run();

/** Empties all lanes, because a worker would also serve accounts that an earlier test left due. */
export async function emptyLanes(): Promise<void> {
  await app.database.db.deleteFrom('posts').execute();
  await app.database.db.updateTable('lanes').set({ wake_at: null, owner: null, lease_until: null }).execute();
}

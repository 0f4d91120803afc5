// The two columns of an account that describe its list of boards. The room of boards stores the list itself; they are in
// the account's row because a request that reads the account needs them.
import type { Tx } from '../../platform/db/index.ts';

/**
 * The account's boards are about to be replaced by a list that was read at `fetchedAt`. False, and nothing has changed,
 * when a board was changed through us since `version` was read. Locks the account's row, which makes two
 * refreshes follow one another.
 */
export async function markBoardsFetched(
  tx: Tx,
  accountId: string,
  { version, fetchedAt }: { version: number; fetchedAt: Date },
): Promise<boolean> {
  const account = await tx
    .updateTable('accounts')
    .set({ boards_fetched_at: fetchedAt })
    .where('id', '=', accountId)
    .where('boards_version', '=', version)
    .where('disconnected_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return account !== undefined;
}

/** A board was changed: what refreshes under way have read is old, and they wait for this transaction. */
export async function raiseBoardsVersion(tx: Tx, accountId: string): Promise<void> {
  await tx
    .updateTable('accounts')
    .set((eb) => ({ boards_version: eb('boards_version', '+', 1) }))
    .where('id', '=', accountId)
    .execute();
}

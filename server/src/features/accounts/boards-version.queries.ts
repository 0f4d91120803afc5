// The two columns of an account that describe its list of boards. The room of boards stores the list itself; they are in
// the account's row because a request that reads the account needs them.
import type { Tx } from '../../platform/db/index.ts';

/**
 * Stores that the account's boards are replaced by a list that was read at `fetchedAt`. Returns false, and changes
 * nothing, when a board was changed through Pintail since `version` was read. Locks the account's row, so that
 * refreshes run one after the other.
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

/** Stores that a board was changed: refreshes in progress have read an old list, and wait for this transaction. */
export async function raiseBoardsVersion(tx: Tx, accountId: string): Promise<void> {
  await tx
    .updateTable('accounts')
    .set((eb) => ({ boards_version: eb('boards_version', '+', 1) }))
    .where('id', '=', accountId)
    .execute();
}

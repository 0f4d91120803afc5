// The part of disconnecting an account that belongs to this room. The use case is in the room of posts, because the
// account's queue is unscheduled with it.

import type { Tx } from '../../../platform/db/index.ts';
import type { Caller, Stamp } from '../../../platform/use-case/index.ts';
import { appendAccountEvent } from '../account-events.ts';
import { accountNotFound } from '../accounts.errors.ts';
import { type AccountRow, eraseAccount, lockAccountRow } from '../accounts.queries.ts';

/**
 * Locks the account for the transaction that disconnects it.
 * @throws accountNotFound
 */
export async function lockAccount(tx: Tx, caller: Caller, accountId: string): Promise<AccountRow> {
  const account = await lockAccountRow(tx, caller, accountId);
  if (!account) throw accountNotFound();
  return account;
}

/**
 * Disconnects a locked account: its tokens are erased, and callers no longer find it. Its row stays, so that connecting
 * the same Pinterest user again finds its drafts and history.
 */
export async function disconnectLockedAccount(
  tx: Tx,
  account: AccountRow,
  { actor, now }: Stamp,
): Promise<void> {
  await eraseAccount(tx, account.id, now);
  await appendAccountEvent(tx, account, {
    actor,
    now,
    type: 'account.disconnected',
    data: { username: account.username, environment: account.environment },
  });
}

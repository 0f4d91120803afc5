// Disconnects an account. It is a use case of posts because the account's queue is unscheduled with it.
import type { Context } from '../../../platform/use-case/index.ts';
import { disconnectLockedAccount, lockAccount } from '../../accounts/index.ts';
import { deleteStoredBoards } from '../../boards/index.ts';
import { unscheduleAll } from '../record/move.ts';

/**
 * Queued posts become drafts, tokens are erased, and the account is gone for every caller. Posts in flight and posts
 * whose answer was lost keep their state: it is not known whether a Pin exists, so a worker resolves them once the
 * account is connected again.
 * @throws accountNotFound
 */
export async function disconnectAccount(context: Context, accountId: string) {
  return context.commit(async (tx) => {
    // Locked first: a post that is being created or scheduled is either seen below, or finds no account.
    const account = await lockAccount(tx, context, accountId);
    const stamp = { actor: context.actor, now: context.clock.now() };
    const owner = { account_id: account.id, organization_id: account.organization_id };
    const unscheduledPosts = await unscheduleAll(tx, owner, stamp);
    await deleteStoredBoards(tx, account.id);
    await disconnectLockedAccount(tx, account, stamp);
    return { data: { deleted: true as const, id: account.id, unscheduledPosts } };
  });
}

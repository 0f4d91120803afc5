// Disconnecting an account. It lies here because the account's queue goes with it, of which accounts know nothing.
import type { Clock } from '../../../platform/clock.ts';
import type { Caller, Commit } from '../../../platform/use-case/index.ts';
import type { AccountsService } from '../../accounts/index.ts';
import type { BoardsService } from '../../boards/index.ts';
import { unscheduleAll } from '../record/move.ts';

export interface DisconnectParts {
  clock: Clock;
  accounts: AccountsService;
  boards: BoardsService;
}

export type DisconnectAccount = ReturnType<typeof createDisconnectAccount>;

/**
 * Queued posts become drafts, tokens are erased, and the account is gone for every caller. Posts in flight and
 * those whose answer was lost keep their state: whether a Pin exists is not known, so a worker settles them
 * once the account was connected again.
 */
export function createDisconnectAccount({ clock, accounts, boards }: DisconnectParts) {
  return async function disconnect(caller: Caller, accountId: string, commit: Commit) {
    return commit(async (tx) => {
      // Locked first: a post that is being created or scheduled is either seen below, or finds no account.
      const account = await accounts.lock(tx, caller, accountId);
      const stamp = { actor: caller.actor, now: clock.now() };
      const owner = { account_id: account.id, organization_id: account.organization_id };
      const unscheduledPosts = await unscheduleAll(tx, owner, stamp);
      await boards.forget(tx, account);
      await accounts.disconnect(tx, account, stamp);
      return { data: { deleted: true as const, id: account.id, unscheduledPosts } };
    });
  };
}

// Pauses and resumes publishing of an account. A post that is being published completes; a worker checks for a pause
// before each post.
import type { Context } from '../../../platform/use-case/index.ts';
import { resetQueue } from '../../lanes/index.ts';
import { appendAccountEvent } from '../account-events.ts';
import { type AccountRow, updateAccountRow } from '../accounts.queries.ts';
import { type PauseAccount, toAccountView } from '../accounts.schema.ts';
import { getAccount } from './read-accounts.ts';

/**
 * Pausing a paused account has no effect, unless `onDue` changes its paused policy.
 * @throws accountNotFound
 */
export async function pauseAccount(context: Context, accountId: string, input: PauseAccount) {
  return setPublishing(context, accountId, { publishing: 'paused', onDue: input?.onDue });
}

/**
 * Resuming an account that is not paused has no effect.
 * @throws accountNotFound
 */
export async function resumeAccount(context: Context, accountId: string) {
  return setPublishing(context, accountId, { publishing: 'active', onDue: undefined });
}

async function setPublishing(
  context: Context,
  accountId: string,
  { publishing, onDue }: { publishing: 'active' | 'paused'; onDue: AccountRow['paused_policy'] | undefined },
) {
  const now = context.clock.now();
  return context.commit(async (tx) => {
    const account = await getAccount(tx, context, accountId);
    const pausedPolicy = onDue ?? account.paused_policy;
    if (account.publishing === publishing && account.paused_policy === pausedPolicy) {
      return { data: { account: toAccountView(account, now) } };
    }
    const change = { publishing, paused_policy: pausedPolicy, updated_at: now };
    const changed = await updateAccountRow(tx, account.id, change);
    await appendAccountEvent(tx, account, {
      actor: context.actor,
      now,
      ...(publishing === 'paused'
        ? { type: 'account.paused', data: { onDue: pausedPolicy } }
        : { type: 'account.resumed', data: {} }),
    });
    await resetQueue(tx, account.id, now, { wasAway: publishing === 'active' });
    return { data: { account: toAccountView(changed, now) } };
  });
}

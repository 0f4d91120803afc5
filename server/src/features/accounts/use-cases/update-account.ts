// Changes the time zone, limits and policies of an account. Absent fields are unchanged, null clears a limit.
import type { Context } from '../../../platform/use-case/index.ts';
import { repaceLane, resetQueue } from '../../lanes/index.ts';
import { appendAccountEvent } from '../account-events.ts';
import { updateAccountRow } from '../accounts.queries.ts';
import { toAccountView, type UpdateAccount } from '../accounts.schema.ts';
import { getAccount } from './read-accounts.ts';

/** @throws accountNotFound */
export async function updateAccount(context: Context, accountId: string, input: UpdateAccount) {
  const now = context.clock.now();
  return context.commit(async (tx) => {
    const account = await getAccount(tx, context, accountId);
    const changed = await updateAccountRow(tx, account.id, { updated_at: now, ...toColumns(input) });
    await appendAccountEvent(tx, account, {
      actor: context.actor,
      now,
      type: 'account.updated',
      data: { ...input },
    });
    // The queue waits no longer than the new limits require; with another paused policy, held posts may have to fail or move.
    if (input.pausedPolicy === undefined) await repaceLane(tx, account.id, now);
    else await resetQueue(tx, account.id, now, { wasAway: false });
    return { data: { account: toAccountView(changed, now) } };
  });
}

function toColumns(input: UpdateAccount) {
  return {
    ...(input.timezone !== undefined && { timezone: input.timezone }),
    ...(input.dailyPinLimit !== undefined && { daily_pin_limit: input.dailyPinLimit }),
    ...(input.minIntervalSeconds !== undefined && { min_interval_seconds: input.minIntervalSeconds }),
    ...(input.pausedPolicy !== undefined && { paused_policy: input.pausedPolicy }),
    ...(input.missedPolicy !== undefined && { missed_policy: input.missedPolicy }),
    ...(input.unknownPolicy !== undefined && { unknown_policy: input.unknownPolicy }),
  };
}

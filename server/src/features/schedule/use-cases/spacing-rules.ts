// Spacing rules: the minimum number of days between two posts with one destination. The search for an open slot respects
// them, a time that a caller sends only causes a warning, and no rule moves a post.
import type { Context } from '../../../platform/use-case/index.ts';
import { getAccount } from '../../accounts/index.ts';
import { destinationKey } from '../calendar/destination-key.ts';
import type { ScheduleParts } from '../parts.ts';
import { spacingRuleNotFound, tooManySpacingRules } from '../schedule.errors.ts';
import { lockSchedule } from '../schedule.queries.ts';
import {
  defaultKey,
  deleteSpacingRuleRow,
  listSpacingRuleRows,
  putSpacingRuleRow,
} from '../spacing.queries.ts';
import { type PutSpacingRule, toSpacingRules } from '../spacing.schema.ts';

/** The list of rules has no pages, so their number is limited. */
const spacingRulesMax = 5000;

/**
 * Lists the default rule and the rules of single destinations.
 * @throws accountNotFound
 */
export async function listSpacingRules({ database }: ScheduleParts, context: Context, accountId: string) {
  const account = await getAccount(database.db, context, accountId);
  return { data: toSpacingRules(await listSpacingRuleRows(database.db, account.id)) };
}

/**
 * Sets the rule of a URL, or the default rule.
 * @throws accountNotFound, tooManySpacingRules
 */
export async function putSpacingRule(
  parts: ScheduleParts,
  context: Context,
  accountId: string,
  input: PutSpacingRule,
) {
  return context.commit(async (tx) => {
    const account = await getAccount(tx, context, accountId);
    // Two requests at once cannot both add the last rule that is allowed.
    await lockSchedule(tx, account.id);
    const rules = await listSpacingRuleRows(tx, account.id);
    const key = keyOf(parts, input.url);
    if (rules.length >= spacingRulesMax && rules.every((rule) => rule.destination_key !== key)) {
      const message = `Limit reached: the account has ${rules.length} spacing rules, at most ${spacingRulesMax} are allowed.`;
      throw tooManySpacingRules([{ path: '', code: 'too_many_spacing_rules', message }]);
    }
    const url = input.url ?? null;
    await putSpacingRuleRow(tx, {
      account_id: account.id,
      destination_key: key,
      url,
      min_days: input.minDays,
      updated_at: context.clock.now(),
    });
    return { data: { rule: { url, minDays: input.minDays } } };
  });
}

/** @throws accountNotFound, spacingRuleNotFound */
export async function deleteSpacingRule(
  parts: ScheduleParts,
  context: Context,
  accountId: string,
  url: string | undefined,
) {
  return context.commit(async (tx) => {
    const account = await getAccount(tx, context, accountId);
    if (!(await deleteSpacingRuleRow(tx, account.id, keyOf(parts, url)))) throw spacingRuleNotFound();
    return { data: { deleted: true as const, url: url ?? null } };
  });
}

function keyOf({ trackingParameters }: ScheduleParts, url: string | undefined): string {
  return url === undefined ? defaultKey : destinationKey(url, trackingParameters);
}

// Use cases of spacing rules: how many days lie at least between two posts with one destination. A rule counts
// when a slot is looked for, and warns where a time is given; it never moves a post.
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import type { Caller, Commit } from '../../platform/use-case/index.ts';
import type { AccountsService } from '../accounts/index.ts';
import { spacingRuleNotFound, tooManySpacingRules } from './schedule.errors.ts';
import { lockAccount } from './schedule.queries.ts';
import { defaultKey, deleteSpacingRule, listSpacingRules, putSpacingRule } from './spacing.queries.ts';
import { type PutSpacingRule, toSpacingRules } from './spacing.schema.ts';

export interface SpacingParts {
  database: Database;
  clock: Clock;
  accounts: AccountsService;
  destinationKey(url: string): string;
}

/** The list of them has no pages. */
const spacingRulesMax = 5000;

export function createSpacing({ database, clock, accounts, destinationKey }: SpacingParts) {
  const keyOf = (url: string | undefined) => (url === undefined ? defaultKey : destinationKey(url));

  return {
    async listSpacingRules(caller: Caller, accountId: string) {
      const account = await accounts.get(database.db, caller, accountId);
      return toSpacingRules(await listSpacingRules(database.db, account.id));
    },

    async putSpacingRule(caller: Caller, accountId: string, input: PutSpacingRule, commit: Commit) {
      return commit(async (tx) => {
        const account = await accounts.get(tx, caller, accountId);
        // So that two at once cannot both be the last one allowed.
        await lockAccount(tx, account.id);
        const rules = await listSpacingRules(tx, account.id);
        const key = keyOf(input.url);
        if (rules.length >= spacingRulesMax && rules.every((rule) => rule.destination_key !== key)) {
          const message = `It has ${rules.length}; ${spacingRulesMax} is the most.`;
          throw tooManySpacingRules([{ path: '', code: 'too_many_spacing_rules', message }]);
        }
        const url = input.url ?? null;
        await putSpacingRule(tx, {
          account_id: account.id,
          destination_key: key,
          url,
          min_days: input.minDays,
          updated_at: clock.now(),
        });
        return { data: { rule: { url, minDays: input.minDays } } };
      });
    },

    async deleteSpacingRule(caller: Caller, accountId: string, url: string | undefined, commit: Commit) {
      return commit(async (tx) => {
        const account = await accounts.get(tx, caller, accountId);
        if (!(await deleteSpacingRule(tx, account.id, keyOf(url)))) throw spacingRuleNotFound();
        return { data: { deleted: true as const, url: url ?? null } };
      });
    },
  };
}

// Refreshes the tokens of accounts long before they expire. One process at a time refreshes an account, and both new
// tokens are stored in one statement before either of them is used.

import { withLogIds } from '../../../domain/log-ids.ts';
import type { Failure } from '../../../pinterest/index.ts';
import { addMs } from '../../../platform/clock.ts';
import { systemActor } from '../../../platform/use-case/index.ts';
import { appendAccountEvent } from '../account-events.ts';
import type { AccountRow } from '../accounts.queries.ts';
import { environmentOf } from '../environment.ts';
import type { TokenParts } from '../parts.ts';
import {
  claimRefresh,
  endRefresh,
  listRefreshDue,
  markUnauthorized,
  refreshClaimMs,
  storeTokens,
} from './tokens.queries.ts';
import { sealTokens } from './tokens.ts';

/**
 * refreshed     new tokens are stored
 * busy          another process is refreshing the account, or has just done so
 * unreachable   Pinterest did not answer; the tokens are unchanged, and refreshing is retried
 * unauthorized  Pinterest refused; a person must connect the account again
 */
export type RefreshOutcome = 'refreshed' | 'busy' | 'unreachable' | 'unauthorized';

const refreshRetryMs = 10 * 60 * 1000;
/** When tokens are refused this soon after they were stored, refreshing them again does not help. */
const justStoredMs = 60_000;
/** The number of accounts that one round refreshes, so that many due at once do not use up the app's rate limit. */
const refreshesPerRound = 20;

/**
 * Handles a call that Pinterest refused because of its access token. Only `token_invalid` (401, code 2) can be fixed by
 * refreshing; for the other reasons, refreshing would loop forever.
 */
export async function handleRefusedToken(
  parts: TokenParts,
  account: AccountRow,
  reason: string,
): Promise<RefreshOutcome> {
  const storedAt = account.tokens_stored_at;
  const isJustStored = storedAt !== null && parts.clock.now().getTime() - storedAt.getTime() < justStoredMs;
  const canRefresh = reason === 'token_invalid' && !isJustStored;
  const outcome = canRefresh ? await refreshTokens(parts, account) : 'impossible';
  if (outcome !== 'impossible') return outcome;
  await reportUnauthorized(parts, account);
  return 'unauthorized';
}

/** Refreshes the accounts that are due, of every organization. Runs on a timer. */
export async function refreshDueTokens(parts: TokenParts): Promise<void> {
  const { db } = parts.database;
  for (const account of await listRefreshDue(db, parts.clock.now(), refreshesPerRound)) {
    const outcome = await refreshTokens(parts, account);
    // Tokens of an app that is no longer configured: they are not due again in each round.
    if (outcome === 'impossible') await endRefresh(db, account.id, null);
  }
}

async function refreshTokens(parts: TokenParts, account: AccountRow): Promise<RefreshOutcome | 'impossible'> {
  const { database, clock, pinterest, encryption, log } = parts;
  const environment = environmentOf(account);
  const app = pinterest.app(environment);
  if (account.refresh_token === null || app === null) return 'impossible';
  const now = clock.now();
  const claimed = await claimRefresh(database.db, account, now, addMs(now, refreshClaimMs));
  if (!claimed?.refresh_token) return 'busy';
  const { id } = claimed;
  const refreshToken = encryption.decrypt(claimed.refresh_token, id);
  const answer = await withLogIds({ accountId: id }, () =>
    pinterest.of(environment).refreshTokens(app, refreshToken),
  );
  if (answer.kind === 'failed') return recordFailedRefresh(parts, claimed, answer.failure);
  const isStored = await storeTokens(database.db, id, sealTokens(encryption, id, answer.value, clock.now()));
  if (!isStored) return 'unauthorized';
  log.info({ accountId: id }, 'tokens refreshed');
  return 'refreshed';
}

async function recordFailedRefresh(
  parts: TokenParts,
  account: AccountRow,
  { accountProblem, reason }: Failure,
): Promise<RefreshOutcome> {
  const { database, clock, log } = parts;
  if (accountProblem === 'unauthorized') {
    log.warn({ accountId: account.id, reason }, 'tokens cannot be refreshed');
    await reportUnauthorized(parts, account);
    return 'unauthorized';
  }
  // A missing response is not a refusal. If Pinterest rotated the tokens and the response was lost, the next try is refused.
  log.warn({ accountId: account.id, reason }, 'tokens not refreshed; will retry');
  await endRefresh(database.db, account.id, addMs(clock.now(), refreshRetryMs));
  return 'unreachable';
}

/** Marks the account as unauthorized, and appends the event unless it was marked before. */
async function reportUnauthorized({ database, clock }: TokenParts, account: AccountRow): Promise<void> {
  const now = clock.now();
  await database.transaction(async (tx) => {
    await endRefresh(tx, account.id, null);
    if (!(await markUnauthorized(tx, account.id, now))) return;
    await appendAccountEvent(tx, account, {
      actor: systemActor,
      now,
      type: 'account.unauthorized',
      data: { username: account.username },
    });
  });
}

// The tokens of accounts: sealed at rest, read only to be used, renewed long before they end. One process at a
// time renews the tokens of an account, and both new ones are stored in one transaction before either is used.

import { withLogIds } from '../../domain/log-ids.ts';
import type { PinterestEnvironments } from '../../pinterest/index.ts';
import { addMs, type Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { Log } from '../../platform/log.ts';
import { appendEvent } from '../../platform/outbox/index.ts';
import { systemActor } from '../../platform/use-case/index.ts';
import type { AccountRow } from './accounts.queries.ts';
import { environmentOf } from './environment.ts';
import { claimRefresh, endRefresh, listRefreshDue, markUnauthorized, storeTokens } from './tokens.queries.ts';

/** Tokens as Pinterest hands them out. */
export interface NewTokens {
  accessToken: string;
  refreshToken: string | null;
  /** Null when it is not known. */
  accessTokenExpiresAt: Date | null;
  refreshTokenExpiresAt: Date | null;
}

export interface TokensParts {
  database: Database;
  clock: Clock;
  log: Log;
  pinterest: PinterestEnvironments;
  encryption: Encryption;
}

/**
 * refreshed     there are new tokens
 * busy          another process is at it, or has just done it
 * unreachable   Pinterest did not answer; the old tokens are kept and tried again
 * unauthorized  Pinterest refuses; a person must connect the account again
 */
export type RefreshOutcome = 'refreshed' | 'busy' | 'unreachable' | 'unauthorized';

export type Tokens = ReturnType<typeof createTokens>;

const dayMs = 24 * 3600 * 1000;
/** An account left alone for 60 days is lost (Pinterest's continuous refresh tokens), used or not. */
const refreshAfterMsMax = 20 * dayMs;
/** Of the access token's life, when that is shorter. */
const refreshAfterShare = 0.75;
const retryMs = 10 * 60 * 1000;
/** Longer than a refresh may take; after that its process is taken for dead. */
const claimMs = 60_000;
/** A token refused this soon after it was stored will not get better by refreshing again. */
const justStoredMs = 60_000;
/** How many accounts one round refreshes, so that many due at once do not spend the app's rate limit. */
const perRound = 20;

export function createTokens({ database, clock, log, pinterest, encryption }: TokensParts) {
  /** The columns for tokens just received. */
  function seal(accountId: string, tokens: NewTokens, now: Date) {
    return {
      access_token: encryption.encrypt(tokens.accessToken, accountId),
      ...(tokens.refreshToken !== null && {
        refresh_token: encryption.encrypt(tokens.refreshToken, accountId),
      }),
      access_token_expires_at: tokens.accessTokenExpiresAt,
      ...(tokens.refreshTokenExpiresAt !== null && {
        refresh_token_expires_at: tokens.refreshTokenExpiresAt,
      }),
      token_authorized: true,
      tokens_stored_at: now,
      refresh_due_at: refreshDueAt(tokens.accessTokenExpiresAt, now),
      refreshing_until: null,
      updated_at: now,
    };
  }

  async function reportUnauthorized(account: AccountRow): Promise<void> {
    const now = clock.now();
    await database.transaction(async (tx) => {
      await endRefresh(tx, account.id, null);
      if (!(await markUnauthorized(tx, account.id, now))) return;
      await appendEvent(tx, {
        organizationId: account.organization_id,
        accountId: account.id,
        postId: null,
        type: 'account.unauthorized',
        at: now,
        actor: systemActor,
        data: { username: account.username },
      });
    });
  }

  async function refresh(account: AccountRow): Promise<RefreshOutcome | 'impossible'> {
    const environment = environmentOf(account);
    const app = pinterest.app(environment);
    if (account.refresh_token === null || app === null) return 'impossible';
    const now = clock.now();
    const claimed = await claimRefresh(database.db, account, now, addMs(now, claimMs));
    if (!claimed?.refresh_token) return 'busy';
    const refreshToken = encryption.decrypt(claimed.refresh_token, claimed.id);
    const answer = await withLogIds({ accountId: claimed.id }, () =>
      pinterest.of(environment).refreshTokens(app, refreshToken),
    );
    if (answer.kind === 'ok') {
      const isKept = await storeTokens(database.db, claimed.id, seal(claimed.id, answer.value, clock.now()));
      if (!isKept) return 'unauthorized';
      log.info({ accountId: claimed.id }, 'tokens refreshed');
      return 'refreshed';
    }
    if (answer.failure.accountProblem === 'unauthorized') {
      log.warn({ accountId: claimed.id, reason: answer.failure.reason }, 'tokens cannot be refreshed');
      await reportUnauthorized(claimed);
      return 'unauthorized';
    }
    // No word from Pinterest is not a refusal. If it rotated the token and its answer was lost, the next try says so.
    log.warn({ accountId: claimed.id, reason: answer.failure.reason }, 'tokens not refreshed; tried again');
    await endRefresh(database.db, claimed.id, addMs(clock.now(), retryMs));
    return 'unreachable';
  }

  return {
    seal,
    reportUnauthorized,

    /** Null once the account was disconnected. */
    read(account: AccountRow): string | null {
      return account.access_token && encryption.decrypt(account.access_token, account.id);
    },

    canRead(account: AccountRow): boolean {
      if (account.access_token === null) return true;
      try {
        encryption.decrypt(account.access_token, account.id);
        return true;
      } catch {
        return false;
      }
    },

    /** Pinterest did not accept the access token (401, code 2): refresh it once, or ask for reconnection. */
    async refused(account: AccountRow): Promise<RefreshOutcome> {
      const storedAt = account.tokens_stored_at;
      const isFresh = storedAt !== null && clock.now().getTime() - storedAt.getTime() < justStoredMs;
      const outcome = isFresh ? 'impossible' : await refresh(account);
      if (outcome !== 'impossible') return outcome;
      await reportUnauthorized(account);
      return 'unauthorized';
    },

    /** Refreshes what is due; run on a timer. */
    async refreshDue(): Promise<void> {
      for (const account of await listRefreshDue(database.db, clock.now(), perRound)) {
        const outcome = await refresh(account);
        // Tokens of an app that is no longer configured: nothing to be done, and no use asking each round.
        if (outcome === 'impossible') await endRefresh(database.db, account.id, null);
      }
    },
  };
}

function refreshDueAt(expiresAt: Date | null, now: Date): Date {
  const lifeMs = expiresAt === null ? Number.POSITIVE_INFINITY : expiresAt.getTime() - now.getTime();
  return addMs(now, Math.min(refreshAfterMsMax, Math.max(0, lifeMs * refreshAfterShare)));
}

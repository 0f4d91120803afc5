// SQL of the tokens of accounts: storing them, claiming the right to refresh them, and encrypting them with a new key.
import { type Connection, isSealedOtherwise, sql } from '../../../platform/db/index.ts';
import { leaseHasEnded } from '../../../platform/work/lease.queries.ts';
import type { AccountRow } from '../accounts.queries.ts';

/** Stores refreshed tokens. Returns false, and stores nothing, when the account was disconnected in the meantime. */
export async function storeTokens(
  connection: Connection,
  id: string,
  tokens: Partial<Omit<AccountRow, 'id' | 'organization_id'>>,
): Promise<boolean> {
  const row = await connection
    .updateTable('accounts')
    .set(tokens)
    .where('id', '=', id)
    .where('disconnected_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Stores that Pinterest refuses the token. Returns false when that was stored before. */
export async function markUnauthorized(connection: Connection, id: string, now: Date): Promise<boolean> {
  const row = await connection
    .updateTable('accounts')
    .set({ token_authorized: false, updated_at: now })
    .where('id', '=', id)
    .where('token_authorized', '=', true)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Longer than a refresh may take. After it, another process may refresh the account. */
export const refreshClaimMs = 60_000;

/**
 * Claims the right to refresh an account's tokens until a time, and returns the account. Undefined when another process
 * has the right, or has stored tokens since `account` was read.
 */
export async function claimRefresh(
  connection: Connection,
  account: AccountRow,
  now: Date,
  until: Date,
): Promise<AccountRow | undefined> {
  return connection
    .updateTable('accounts')
    .set({ refreshing_until: until })
    .where('id', '=', account.id)
    .where('tokens_stored_at', 'is not distinct from', account.tokens_stored_at)
    .where(leaseHasEnded(sql`refreshing_until`, now, refreshClaimMs))
    .returningAll()
    .executeTakeFirst();
}

/** Releases the right to refresh without storing tokens. */
export async function endRefresh(connection: Connection, id: string, dueAt: Date | null): Promise<void> {
  await connection
    .updateTable('accounts')
    .set({ refreshing_until: null, refresh_due_at: dueAt })
    .where('id', '=', id)
    .execute();
}

/** The accounts of every organization whose tokens are due to be refreshed, the most urgent first. */
export async function listRefreshDue(
  connection: Connection,
  now: Date,
  limit: number,
): Promise<AccountRow[]> {
  return connection
    .selectFrom('accounts')
    .selectAll()
    .where('refresh_due_at', '<=', now)
    .where('token_authorized', '=', true)
    .orderBy('refresh_due_at')
    .limit(limit)
    .execute();
}

/** The accounts of every organization, after an id, that have a token encrypted with another key. */
export async function listSealedOtherwise(
  connection: Connection,
  { keyId, after, limit }: { keyId: Buffer; after: string; limit: number },
): Promise<AccountRow[]> {
  return connection
    .selectFrom('accounts')
    .selectAll()
    .where('id', '>', after)
    .where((eb) =>
      eb.or([isSealedOtherwise('access_token', keyId), isSealedOtherwise('refresh_token', keyId)]),
    )
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Returns an account whose token was encrypted with none of these keys. */
export async function findUnreadable(
  connection: Connection,
  keyIds: readonly Buffer[],
): Promise<{ username: string } | undefined> {
  return connection
    .selectFrom('accounts')
    .select('username')
    .where('access_token', 'is not', null)
    .where((eb) => eb.and(keyIds.map((keyId) => isSealedOtherwise('access_token', keyId))))
    .limit(1)
    .executeTakeFirst();
}

/** Replaces encrypted tokens. Returns false when other tokens were stored since the account was read. */
export async function replaceSealed(
  connection: Connection,
  account: AccountRow,
  sealed: Pick<AccountRow, 'access_token' | 'refresh_token'>,
): Promise<boolean> {
  const row = await connection
    .updateTable('accounts')
    .set(sealed)
    .where('id', '=', account.id)
    .where('access_token', 'is not distinct from', account.access_token)
    .where('refresh_token', 'is not distinct from', account.refresh_token)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

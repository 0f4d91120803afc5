// SQL of accounts. Their tokens have queries of their own (tokens/tokens.queries.ts).
import type { InsertObject, RawBuilder, Selectable } from 'kysely';
import { isId } from '../../domain/ids.ts';
import { type Connection, type Schema, sql, type Tx } from '../../platform/db/index.ts';
import { type Caller, callerSeesAccount } from '../../platform/use-case/index.ts';
import { openLane } from '../lanes/index.ts';

export type AccountRow = Selectable<Schema['accounts']>;

/** The accounts that a caller may see: those of the organization, restricted to these ids unless null. */
export type AccountViewer = Pick<Caller, 'organizationId' | 'accountIds'>;

/**
 * The account; undefined when the caller may not see it, or when it was disconnected. In a transaction it stays connected
 * until the transaction ends.
 */
export async function findAccount(
  connection: Connection,
  caller: AccountViewer,
  accountId: string,
): Promise<AccountRow | undefined> {
  const query = selectVisible(connection, caller, accountId);
  // The weakest lock: it delays only the transaction that disconnects the account.
  return (connection.isTransaction ? query?.forKeyShare() : query)?.executeTakeFirst();
}

/** The query of `findAccount`, to be extended by callers that read more in one statement; undefined for an impossible id. */
export function selectVisible(connection: Connection, caller: AccountViewer, accountId: string) {
  if (!isId('acc', accountId) || !callerSeesAccount(caller, accountId)) return undefined;
  return connection
    .selectFrom('accounts')
    .selectAll()
    .where('id', '=', accountId)
    .where('organization_id', '=', caller.organizationId)
    .where('disconnected_at', 'is', null);
}

/** Locks the account to disconnect it: waits for the transactions that have read it, and makes later ones wait. */
export async function lockAccountRow(
  tx: Tx,
  caller: AccountViewer,
  accountId: string,
): Promise<AccountRow | undefined> {
  if (!isId('acc', accountId) || !callerSeesAccount(caller, accountId)) return undefined;
  return tx
    .selectFrom('accounts')
    .selectAll()
    .where('id', '=', accountId)
    .where('organization_id', '=', caller.organizationId)
    .where('disconnected_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
}

/** Returns those of the ids that are accounts visible to the caller. */
export async function listVisibleIds(
  connection: Connection,
  caller: AccountViewer,
  accountIds: readonly string[],
): Promise<Set<string>> {
  const possible = accountIds.filter((id) => isId('acc', id) && callerSeesAccount(caller, id));
  if (possible.length === 0) return new Set();
  const rows = await connection
    .selectFrom('accounts')
    .select('id')
    .where('id', 'in', possible)
    .where('organization_id', '=', caller.organizationId)
    .where('disconnected_at', 'is', null)
    .execute();
  return new Set(rows.map((row) => row.id));
}

/** The accounts that the caller may see, oldest first. */
export async function listAccountRows(connection: Connection, caller: AccountViewer): Promise<AccountRow[]> {
  let query = connection
    .selectFrom('accounts')
    .selectAll()
    .where('organization_id', '=', caller.organizationId)
    .where('disconnected_at', 'is', null)
    .orderBy('id');
  if (caller.accountIds !== null) query = query.where('id', 'in', [...caller.accountIds]);
  return query.execute();
}

/** The connected accounts of every organization, for the operator, who owns the database anyway. */
export async function listAllAccounts(
  connection: Connection,
): Promise<(AccountRow & { organization: string })[]> {
  return connection
    .selectFrom('accounts')
    .innerJoin('organizations', 'organizations.id', 'accounts.organization_id')
    .selectAll('accounts')
    .select('organizations.name as organization')
    .where('accounts.disconnected_at', 'is', null)
    .orderBy('accounts.id')
    .execute();
}

/** The row of an account of any organization, for the worker, which acts for all of them. Throws when there is none. */
/** Returns the environments of accounts, by account. */
export async function findEnvironments(
  connection: Connection,
  accountIds: readonly string[],
): Promise<Map<string, AccountRow['environment']>> {
  if (accountIds.length === 0) return new Map();
  const rows = await connection
    .selectFrom('accounts')
    .select(['id', 'environment'])
    .where('id', 'in', [...new Set(accountIds)])
    .execute();
  return new Map(rows.map((row) => [row.id, row.environment]));
}

export async function getAccountForWork(connection: Connection, accountId: string): Promise<AccountRow> {
  return connection.selectFrom('accounts').selectAll().where('id', '=', accountId).executeTakeFirstOrThrow();
}

const accountColumns = Object.keys({
  id: true,
  organization_id: true,
  environment: true,
  pinterest_user_id: true,
  username: true,
  display_name: true,
  avatar_url: true,
  is_domain_verified: true,
  timezone: true,
  access_token: true,
  refresh_token: true,
  access_token_expires_at: true,
  refresh_token_expires_at: true,
  token_authorized: true,
  boards_fetched_at: true,
  created_at: true,
  updated_at: true,
  tokens_stored_at: true,
  refresh_due_at: true,
  refreshing_until: true,
  unknown_policy: true,
  min_interval_seconds: true,
  daily_pin_limit: true,
  disconnected_at: true,
  boards_version: true,
  publishing: true,
  paused_policy: true,
  missed_policy: true,
} satisfies Record<keyof AccountRow, true>);

/** SQL fragment: the columns of an account `a` as `account.id` etc., for a statement that also reads other tables. */
export const accountBeside: RawBuilder<unknown> = sql.raw(
  accountColumns.map((name) => `a.${name} as "account.${name}"`).join(', '),
);

/** Locks and returns the account of a Pinterest user, also when it was disconnected: connecting the user restores it. */
export async function findAccountOfUser(
  connection: Connection,
  key: Pick<AccountRow, 'organization_id' | 'environment' | 'pinterest_user_id'>,
): Promise<AccountRow | undefined> {
  return connection
    .selectFrom('accounts')
    .selectAll()
    .where('organization_id', '=', key.organization_id)
    .where('environment', '=', key.environment)
    .where('pinterest_user_id', '=', key.pinterest_user_id)
    .forUpdate()
    .executeTakeFirst();
}

/** Stores a new account with its lane. */
export async function insertAccount(
  connection: Connection,
  row: InsertObject<Schema, 'accounts'>,
): Promise<AccountRow> {
  const account = await connection
    .insertInto('accounts')
    .values(row)
    .returningAll()
    .executeTakeFirstOrThrow();
  await openLane(connection, account.id);
  return account;
}

/** Changes columns of an account and returns its row. Throws when there is none. */
export async function updateAccountRow(
  connection: Connection,
  id: string,
  change: Partial<Omit<AccountRow, 'id' | 'organization_id'>>,
): Promise<AccountRow> {
  return connection
    .updateTable('accounts')
    .set(change)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Marks the account as disconnected and erases its tokens. The room of posts unschedules its queue first. */
export async function eraseAccount(tx: Tx, id: string, now: Date): Promise<void> {
  await updateAccountRow(tx, id, {
    disconnected_at: now,
    access_token: null,
    refresh_token: null,
    access_token_expires_at: null,
    refresh_token_expires_at: null,
    token_authorized: false,
    tokens_stored_at: null,
    refresh_due_at: null,
    refreshing_until: null,
    boards_fetched_at: null,
    updated_at: now,
  });
}

/** The account of a user of the simulator, also when it was disconnected. For the first run. */
export async function findSimulatorAccount(
  connection: Connection,
  organizationId: string,
  username: string,
): Promise<AccountRow | undefined> {
  return connection
    .selectFrom('accounts')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('environment', '=', 'simulator')
    .where('username', '=', username)
    .executeTakeFirst();
}

import type { InsertObject, RawBuilder, Selectable } from 'kysely';
import { isId } from '../../domain/ids.ts';
import { type Connection, json, type Schema, sql, type Tx } from '../../platform/db/index.ts';
import { type Actor, type Caller, callerSeesAccount } from '../../platform/use-case/index.ts';
import { openLane } from '../lanes/index.ts';

export type AccountRow = Selectable<Schema['accounts']>;

/**
 * The account, if the caller may see it; one that was disconnected is not there. Inside a transaction it stays
 * connected until the transaction ends.
 */
export async function findAccount(
  connection: Connection,
  caller: Pick<Caller, 'organizationId' | 'accountIds'>,
  accountId: string,
): Promise<AccountRow | undefined> {
  const query = selectVisible(connection, caller, accountId);
  // The weakest lock: it holds up nobody but whoever disconnects the account.
  return (connection.isTransaction ? query?.forKeyShare() : query)?.executeTakeFirst();
}

/** What reads it, for who has more to ask in one statement; undefined where there can be none. */
export function selectVisible(
  connection: Connection,
  caller: Pick<Caller, 'organizationId' | 'accountIds'>,
  accountId: string,
) {
  if (!isId('acc', accountId) || !callerSeesAccount(caller, accountId)) return undefined;
  return connection
    .selectFrom('accounts')
    .selectAll()
    .where('id', '=', accountId)
    .where('organization_id', '=', caller.organizationId)
    .where('disconnected_at', 'is', null);
}

/** The same, to be disconnected: waits for the transactions that have found it, and makes new ones wait. */
export async function lockAccount(
  tx: Tx,
  caller: Pick<Caller, 'organizationId' | 'accountIds'>,
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

/** Of these ids, the ones of accounts that the caller may see. */
export async function listVisibleIds(
  connection: Connection,
  caller: Pick<Caller, 'organizationId' | 'accountIds'>,
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

export async function listAccounts(
  connection: Connection,
  caller: Pick<Caller, 'organizationId' | 'accountIds'>,
): Promise<AccountRow[]> {
  let query = connection
    .selectFrom('accounts')
    .selectAll()
    .where('organization_id', '=', caller.organizationId)
    .where('disconnected_at', 'is', null)
    .orderBy('id');
  if (caller.accountIds !== null) query = query.where('id', 'in', [...caller.accountIds]);
  return query.execute();
}

/** Of every organization: for the command line, whose user owns the database anyway. */
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

/** For work that nobody asked for over HTTP: the worker acts for every organization. */
export async function getAccountForWork(connection: Connection, accountId: string): Promise<AccountRow> {
  return connection.selectFrom('accounts').selectAll().where('id', '=', accountId).executeTakeFirstOrThrow();
}

const columns = Object.keys({
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

/** The columns of an account `a` as `account.id` and so on, for a statement whose rows tell of other things too. */
export const accountBeside: RawBuilder<unknown> = sql.raw(
  columns.map((name) => `a.${name} as "account.${name}"`).join(', '),
);

/** Also one that was disconnected: connecting the same user again revives it. */
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

export async function insertAccount(
  connection: Connection,
  row: InsertObject<Schema, 'accounts'>,
): Promise<AccountRow> {
  // Each account has its lane from the start; posts need it to be found.
  const account = await connection
    .insertInto('accounts')
    .values(row)
    .returningAll()
    .executeTakeFirstOrThrow();
  await openLane(connection, account.id);
  return account;
}

export async function updateAccount(
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

/** Marks the account as disconnected and erases its tokens. Its posts are another room's to settle first. */
export async function eraseAccount(tx: Tx, id: string, now: Date): Promise<void> {
  await updateAccount(tx, id, {
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

/** Keeps a state, and removes those that have had their time. */
export async function insertOAuthState(
  connection: Connection,
  { actor, ...state }: Omit<Selectable<Schema['oauth_states']>, 'actor'> & { actor: Actor },
  now: Date,
): Promise<void> {
  await connection.deleteFrom('oauth_states').where('expires_at', '<=', now).execute();
  await connection
    .insertInto('oauth_states')
    .values({ ...state, actor: json(actor) })
    .execute();
}

/** A state works once: it is gone when this returns it. */
export async function takeOAuthState(connection: Connection, stateHash: Buffer, now: Date) {
  return connection
    .deleteFrom('oauth_states')
    .where('state_hash', '=', stateHash)
    .where('expires_at', '>', now)
    .returningAll()
    .executeTakeFirst();
}

/** For the first run, which connects an account of the simulator. */
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

import type { Selectable } from 'kysely';
import type { Connection, Schema } from '../../platform/db/index.ts';
import { type Caller, callerSeesAccount } from '../../platform/http/caller.ts';
import { isId } from '../../platform/ids.ts';

export type AccountRow = Selectable<Schema['accounts']>;

/** The account, if the caller may see it. */
export async function findAccount(
  connection: Connection,
  caller: Pick<Caller, 'organizationId' | 'accountIds'>,
  accountId: string,
): Promise<AccountRow | undefined> {
  if (!isId('acc', accountId) || !callerSeesAccount(caller, accountId)) return undefined;
  return connection
    .selectFrom('accounts')
    .selectAll()
    .where('id', '=', accountId)
    .where('organization_id', '=', caller.organizationId)
    .executeTakeFirst();
}

export async function listAccounts(
  connection: Connection,
  caller: Pick<Caller, 'organizationId' | 'accountIds'>,
): Promise<AccountRow[]> {
  let query = connection
    .selectFrom('accounts')
    .selectAll()
    .where('organization_id', '=', caller.organizationId)
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
    .orderBy('accounts.id')
    .execute();
}

/** For work that nobody asked for over HTTP: the worker acts for every organization. */
export async function getAccountForWork(connection: Connection, accountId: string): Promise<AccountRow> {
  return connection.selectFrom('accounts').selectAll().where('id', '=', accountId).executeTakeFirstOrThrow();
}

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

export async function insertAccount(connection: Connection, row: AccountRow): Promise<AccountRow> {
  // Each account has its lane from the start; posts need it to be found.
  const account = await connection
    .insertInto('accounts')
    .values(row)
    .returningAll()
    .executeTakeFirstOrThrow();
  await connection.insertInto('lanes').values({ account_id: account.id }).execute();
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

/** Ends whatever rest the account's lane was sent to: workers look at it at once. */
export async function wakeAccount(connection: Connection, id: string, now: Date): Promise<void> {
  await connection
    .updateTable('lanes')
    .set({ not_before: null, wake_at: now })
    .where('account_id', '=', id)
    .execute();
}

/** Marks that Pinterest refuses the token. Returns whether it was thought good until now. */
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

// Reads accounts, for callers and for the operator.
import type { Connection } from '../../../platform/db/index.ts';
import type { Caller, Context } from '../../../platform/use-case/index.ts';
import { accountNotFound } from '../accounts.errors.ts';
import { type AccountRow, findAccount, listAccountRows, listAllAccounts } from '../accounts.queries.ts';
import { toAccountView } from '../accounts.schema.ts';
import type { AccountParts } from '../parts.ts';
import { canReadAccessToken } from '../tokens/tokens.ts';

type ReadParts = Pick<AccountParts, 'database'>;

/**
 * The row of an account. In a transaction the account stays connected until the transaction ends.
 * @throws accountNotFound also for an account that exists and that the caller may not see
 */
export async function getAccount(
  connection: Connection,
  caller: Pick<Caller, 'organizationId' | 'accountIds'>,
  accountId: string,
): Promise<AccountRow> {
  const account = await findAccount(connection, caller, accountId);
  if (!account) throw accountNotFound();
  return account;
}

/**
 * One account, as responses show it.
 * @throws accountNotFound
 */
export async function viewAccount({ database }: ReadParts, context: Context, accountId: string) {
  const account = await getAccount(database.db, context, accountId);
  return { account: toAccountView(account, context.clock.now()) };
}

/** The accounts that the caller may see, as responses show them. */
export async function viewAccounts({ database }: ReadParts, context: Context) {
  const now = context.clock.now();
  const rows = await listAccountRows(database.db, context);
  return { accounts: rows.map((row) => toAccountView(row, now)) };
}

/** The connected accounts of every organization, for the operator's commands. */
export async function listForOperator({
  database,
  encryption,
}: Pick<AccountParts, 'database' | 'encryption'>) {
  return (await listAllAccounts(database.db)).map((row) => ({
    id: row.id,
    username: row.username,
    environment: row.environment,
    organization: row.organization,
    tokenAuthorized: row.token_authorized,
    /** False when this installation's key cannot decrypt the stored token. */
    tokenReadable: canReadAccessToken(encryption, row),
  }));
}

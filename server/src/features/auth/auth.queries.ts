import type { RawBuilder, Selectable, SqlBool } from 'kysely';
import { type Connection, type Schema, sql, type Tx } from '../../platform/db/index.ts';
import type { Caller } from '../../platform/use-case/index.ts';

/** What the organization of a new installation is called. */
export const firstOrganizationName = 'My organization';

/** The channel on which processes tell each other that a key was revoked. */
export const keysChannel = 'pintail_keys';

/** A key without the hash of its secret, which nothing outside this file needs. */
export type KeyRow = Omit<Selectable<Schema['api_keys']>, 'secret_hash'>;

const keyColumns = [
  'id',
  'organization_id',
  'name',
  'prefix',
  'scopes',
  'account_ids',
  'created_at',
  'last_used_at',
  'expires_at',
  'revoked_at',
] as const;

/** The living key with this hash, marked as used now. */
export async function useKey(connection: Connection, hash: Buffer, now: Date): Promise<KeyRow | undefined> {
  return connection
    .updateTable('api_keys')
    .set({ last_used_at: now })
    .where('secret_hash', '=', hash)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .returning(keyColumns)
    .executeTakeFirst();
}

export async function insertKey(connection: Connection, key: KeyRow, hash: Buffer): Promise<void> {
  await connection
    .insertInto('api_keys')
    .values({ ...key, secret_hash: hash })
    .execute();
}

function withOrganization(connection: Connection) {
  return connection
    .selectFrom('api_keys')
    .innerJoin('organizations', 'organizations.id', 'api_keys.organization_id')
    .select([
      ...keyColumns.map((column) => `api_keys.${column}` as const),
      'organizations.name as organization',
    ]);
}

export async function listKeys(connection: Connection): Promise<(KeyRow & { organization: string })[]> {
  return withOrganization(connection).orderBy('api_keys.id').execute();
}

/** Whose keys; with the accounts to which the key that asks is restricted. */
export type KeyOwner = Pick<Caller, 'organizationId' | 'accountIds'>;

/**
 * The keys that have not been revoked, oldest first. A key that is restricted to some accounts sees those that
 * are restricted to no others.
 */
export async function listLivingKeys(
  connection: Connection,
  { organizationId, accountIds }: KeyOwner,
): Promise<KeyRow[]> {
  let query = connection
    .selectFrom('api_keys')
    .select(keyColumns)
    .where('organization_id', '=', organizationId)
    .where('revoked_at', 'is', null)
    .orderBy('id');
  if (accountIds !== null) query = query.where(within(accountIds));
  return query.execute();
}

export async function countLivingKeys(connection: Connection, organizationId: string): Promise<number> {
  const row = await connection
    .selectFrom('api_keys')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('organization_id', '=', organizationId)
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** The key, which is not revoked before the transaction ends. Undefined when it is revoked already. */
export async function holdKey(tx: Tx, id: string): Promise<KeyRow | undefined> {
  return tx
    .selectFrom('api_keys')
    .select(keyColumns)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .forShare()
    .executeTakeFirst();
}

export async function findKeyWithOrganization(
  connection: Connection,
  id: string,
): Promise<(KeyRow & { organization: string }) | undefined> {
  return withOrganization(connection).where('api_keys.id', '=', id).executeTakeFirst();
}

/** Keys without a restriction are within none. */
function within(accountIds: readonly string[]): RawBuilder<SqlBool> {
  return sql<SqlBool>`account_ids <@ ${[...accountIds]}::text[]`;
}

/**
 * Revokes a living key and tells every process. Returns whether there was one.
 * @param owner Whose key it must be; left out by whoever runs the installation.
 */
export async function revokeKey(
  connection: Connection,
  id: string,
  now: Date,
  owner?: KeyOwner,
): Promise<boolean> {
  let query = connection
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returning('id');
  if (owner) query = query.where('organization_id', '=', owner.organizationId);
  if (owner && owner.accountIds !== null) query = query.where(within(owner.accountIds));
  const revoked = await query.executeTakeFirst();
  if (!revoked) return false;
  await sql`select pg_notify(${keysChannel}, ${id})`.execute(connection);
  return true;
}

/** The organization of that name, made if there is none. */
export async function findOrCreateOrganization(
  connection: Connection,
  organization: { id: string; name: string; createdAt: Date },
): Promise<string> {
  await connection
    .insertInto('organizations')
    .values({ id: organization.id, name: organization.name, created_at: organization.createdAt })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const row = await connection
    .selectFrom('organizations')
    .select('id')
    .where('name', '=', organization.name)
    .executeTakeFirstOrThrow();
  return row.id;
}

export async function findFirstOrganization(
  connection: Connection,
): Promise<{ id: string; name: string } | undefined> {
  return connection
    .selectFrom('organizations')
    .select(['id', 'name'])
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}

// SQL of API keys and organizations.
import type { RawBuilder, Selectable, SqlBool } from 'kysely';
import { type Connection, type Schema, sql, type Tx } from '../../platform/db/index.ts';
import type { Caller } from '../../platform/use-case/index.ts';

/** The name of the organization of a new installation. */
export const firstOrganizationName = 'My organization';

/** The channel that notifies every process of a revoked key. */
export const keysChannel = 'pintail_keys';

/** A key without the hash of its secret, which only this file uses. */
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

/** Finds a key that is neither revoked nor expired by its hash, and stores that it was used. */
export async function findAndUseKey(
  connection: Connection,
  hash: Buffer,
  now: Date,
): Promise<KeyRow | undefined> {
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

/** The keys of every organization, for the operator. */
export async function listAllKeys(connection: Connection): Promise<(KeyRow & { organization: string })[]> {
  return withOrganization(connection).orderBy('api_keys.id').execute();
}

/** The organization of keys, and the accounts that the calling key is restricted to. */
export type KeyOwner = Pick<Caller, 'organizationId' | 'accountIds'>;

/**
 * The keys that are not revoked, oldest first. A caller that is restricted to some accounts sees only keys that are
 * restricted to these accounts or to some of them.
 */
export async function listActiveKeys(
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

/** The number of keys of an organization that are not revoked. */
export async function countActiveKeys(connection: Connection, organizationId: string): Promise<number> {
  const row = await connection
    .selectFrom('api_keys')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('organization_id', '=', organizationId)
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Locks a key against revocation until the transaction ends. Undefined for a key that is revoked. */
export async function lockKey(tx: Tx, id: string): Promise<KeyRow | undefined> {
  return tx
    .selectFrom('api_keys')
    .select(keyColumns)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .forShare()
    .executeTakeFirst();
}

/** The key with the name of its organization, also when it is revoked. */
export async function findKeyWithOrganization(
  connection: Connection,
  id: string,
): Promise<(KeyRow & { organization: string }) | undefined> {
  return withOrganization(connection).where('api_keys.id', '=', id).executeTakeFirst();
}

/** The condition that a key is restricted to these accounts or to some of them; false for an unrestricted key. */
function within(accountIds: readonly string[]): RawBuilder<SqlBool> {
  return sql<SqlBool>`account_ids <@ ${[...accountIds]}::text[]`;
}

/**
 * Revokes a key and notifies every process. Returns false when no such key was active.
 * @param owner The organization and accounts that the key must belong to. Absent for the operator.
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

/** The id of the organization with this name, which is created if it does not exist. */
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

/** The oldest organization; undefined in a new installation. */
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

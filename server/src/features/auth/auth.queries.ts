// SQL of API keys and organizations.
import type { RawBuilder, Selectable, SqlBool } from 'kysely';
import { type Connection, json, type Schema, sql, type Tx } from '../../platform/db/index.ts';
import { livePrefix } from './api-key.ts';

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
  'created_by',
] as const;

/** Finds the keys that are neither revoked nor expired by their hashes. By the hash in base64. */
export async function findKeys(
  connection: Connection,
  hashes: readonly Buffer[],
  now: Date,
): Promise<Map<string, KeyRow>> {
  const rows = await connection
    .selectFrom('api_keys')
    .select([...keyColumns, 'secret_hash'])
    .where('secret_hash', '=', sql<Buffer>`any(${hashes}::bytea[])`)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .execute();
  return new Map(rows.map(({ secret_hash: hash, ...row }) => [hash.toString('base64'), row]));
}

/** Stores that keys were used. */
export async function recordUse(connection: Connection, ids: readonly string[], now: Date): Promise<void> {
  await connection.updateTable('api_keys').set({ last_used_at: now }).where('id', 'in', ids).execute();
}

export async function insertKey(connection: Connection, key: KeyRow, hash: Buffer): Promise<void> {
  await connection
    .insertInto('api_keys')
    .values({ ...key, created_by: json(key.created_by), secret_hash: hash })
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

/** The rights of a key that limit the keys that it may see, create and revoke. */
export type KeyRights = Pick<KeyRow, 'organization_id' | 'scopes' | 'account_ids' | 'expires_at'>;

/** The keys that are not revoked and have at most these rights, oldest first. */
export async function listActiveKeys(connection: Connection, rights: KeyRights): Promise<KeyRow[]> {
  return connection
    .selectFrom('api_keys')
    .select(keyColumns)
    .where('organization_id', '=', rights.organization_id)
    .where('revoked_at', 'is', null)
    .where(hasAtMost(rights))
    .orderBy('id')
    .execute();
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

/** The condition that a key has at most these rights: scopes, accounts and expiry. */
function hasAtMost({
  scopes,
  account_ids: accountIds,
  expires_at: expiresAt,
}: KeyRights): RawBuilder<SqlBool> {
  const limits = [
    ...(scopes === null ? [] : [sql`coalesce(scopes <@ ${scopes}::text[], false)`]),
    ...(accountIds === null ? [] : [sql`coalesce(account_ids <@ ${accountIds}::text[], false)`]),
    ...(expiresAt === null ? [] : [sql`coalesce(expires_at <= ${expiresAt}, false)`]),
  ];
  return limits.length === 0 ? sql<SqlBool>`true` : sql<SqlBool>`(${sql.join(limits, sql` and `)})`;
}

/**
 * Finds a key, revoked or not.
 * @param rights Only a key with at most these rights. Null for the operator
 */
export async function findKey(
  connection: Connection,
  id: string,
  rights: KeyRights | null,
): Promise<KeyRow | undefined> {
  let query = connection.selectFrom('api_keys').select(keyColumns).where('id', '=', id);
  if (rights) query = query.where('organization_id', '=', rights.organization_id).where(hasAtMost(rights));
  return query.executeTakeFirst();
}

/** Revokes those of the keys that are not revoked yet, and notifies every process. Returns the keys that it revoked. */
export async function revokeKeys(tx: Tx, ids: readonly string[], now: Date): Promise<KeyRow[]> {
  const revoked = await tx
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('id', 'in', [...ids])
    .where('revoked_at', 'is', null)
    .returning(keyColumns)
    .execute();
  for (const { id } of revoked) await sql`select pg_notify(${keysChannel}, ${id})`.execute(tx);
  return revoked;
}

/** The ids of the keys that a key created, those that they created, and so on; revoked keys as well. */
export async function listDescendants(
  connection: Connection,
  { id, organization_id: organizationId }: Pick<KeyRow, 'id' | 'organization_id'>,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with recursive descendants as (
      select k.id from api_keys k
      where k.created_by ->> 'id' = ${id} and k.organization_id = ${organizationId}
      union
      select k.id from api_keys k join descendants d on k.created_by ->> 'id' = d.id
      where k.organization_id = ${organizationId}
    )
    select id from descendants
  `.execute(connection);
  return rows.map((row) => row.id);
}

/** The id of the organization with this name. */
export async function findOrganizationId(connection: Connection, name: string): Promise<string | undefined> {
  const row = await connection
    .selectFrom('organizations')
    .select('id')
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.id;
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

/** Whether an installation has an active key that Pinterest's own environments accept. */
export async function hasLiveKey(connection: Connection): Promise<boolean> {
  const key = await connection
    .selectFrom('api_keys')
    .select('id')
    .where('revoked_at', 'is', null)
    .where('prefix', 'like', `${livePrefix.replaceAll('_', '\\_')}%`)
    .limit(1)
    .executeTakeFirst();
  return key !== undefined;
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

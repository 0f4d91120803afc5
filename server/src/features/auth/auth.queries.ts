import type { Selectable } from 'kysely';
import { type Connection, type Schema, sql } from '../../platform/db/index.ts';

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

export async function listKeys(connection: Connection): Promise<(KeyRow & { organization: string })[]> {
  return connection
    .selectFrom('api_keys')
    .innerJoin('organizations', 'organizations.id', 'api_keys.organization_id')
    .select([
      ...keyColumns.map((column) => `api_keys.${column}` as const),
      'organizations.name as organization',
    ])
    .orderBy('api_keys.id')
    .execute();
}

/** Revokes a living key and tells every process. Returns whether there was one. */
export async function revokeKey(connection: Connection, id: string, now: Date): Promise<boolean> {
  const revoked = await connection
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  await sql`select pg_notify(${keysChannel}, ${id})`.execute(connection);
  return revoked !== undefined;
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

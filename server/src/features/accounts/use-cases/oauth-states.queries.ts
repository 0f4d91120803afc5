// SQL of connections that were started at the consent page and are not finished.
import type { Selectable } from 'kysely';
import { type Connection, json, type Schema } from '../../../platform/db/index.ts';
import type { Actor } from '../../../platform/use-case/index.ts';

/** Stores a state, and deletes the expired ones. */
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

/** Deletes and returns a state, so that it works once. Undefined when it is unknown or expired. */
export async function takeOAuthState(connection: Connection, stateHash: Buffer, now: Date) {
  return connection
    .deleteFrom('oauth_states')
    .where('state_hash', '=', stateHash)
    .where('expires_at', '>', now)
    .returningAll()
    .executeTakeFirst();
}

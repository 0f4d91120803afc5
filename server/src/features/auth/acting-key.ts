// The key behind a change that it started earlier and that is completed without it, such as a connection that the owner of
// an account completes in a browser.
import type { Connection, Tx } from '../../platform/db/index.ts';
import type { Actor, Caller } from '../../platform/use-case/index.ts';
import { findKeyWithOrganization, lockKey } from './auth.queries.ts';
import { toCaller } from './to-caller.ts';

/** The rights of the key today, with the name of its organization. */
export interface ActingKey extends Caller {
  organization: string;
}

/**
 * Returns the key if it is neither revoked nor expired. In a transaction it stays so until the transaction ends.
 * @param actor The actor that was stored when the change was started
 */
export async function findActingKey(
  connection: Connection | Tx,
  actor: Actor,
  now: Date,
): Promise<ActingKey | undefined> {
  if (actor.type !== 'key' || actor.id === null) return undefined;
  if (connection.isTransaction && !(await lockKey(connection as Tx, actor.id))) return undefined;
  const row = await findKeyWithOrganization(connection, actor.id);
  if (!row || row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= now)) return undefined;
  return { ...toCaller(row), organization: row.organization };
}

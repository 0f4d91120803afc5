// The caller's own id of a post, which is unique in the account.
import type { Connection } from '../../../platform/db/index.ts';
import type { AccountRow } from '../../accounts/index.ts';
import { externalIdTaken } from '../record/posts.errors.ts';
import { findPostsByExternalId, isExternalIdViolation } from '../record/posts.queries.ts';

interface CheckExternalId {
  /** The posts that have the externalIds of a whole batch, where they were read at once. */
  takenIds?: ReadonlyMap<string, { id: string }>;
  /** The post that is to have it, and may have it already. */
  exceptPostId?: string;
  /** What stands before the name of the field in a refusal. */
  prefix?: string;
}

/** @throws externalIdTaken */
export async function checkExternalId(
  connection: Connection,
  account: AccountRow,
  externalId: string | null | undefined,
  { exceptPostId, prefix = '', takenIds }: CheckExternalId = {},
): Promise<void> {
  if (externalId === undefined || externalId === null) return;
  const taken = takenIds ?? (await findPostsByExternalId(connection, account.id, [externalId]));
  const other = taken.get(externalId);
  if (!other || other.id === exceptPostId) return;
  throw externalIdTakenBy(`${other.id} has`, prefix);
}

function externalIdTakenBy(who: string, prefix = '') {
  return externalIdTaken([
    { path: `${prefix}externalId`, code: 'external_id_taken', message: `${who} it already.` },
  ]);
}

/** The writing of posts, of which one may have an externalId that another post took a moment ago. */
export async function refusingTakenIds<T>(write: () => Promise<T>, prefix = ''): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isExternalIdViolation(error)) throw error;
    throw externalIdTakenBy('Another post has', prefix);
  }
}

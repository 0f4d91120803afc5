// External ids: the caller's own ids of posts, unique in the account.
import { externalIdTaken } from '../record/posts.errors.ts';
import { isExternalIdViolation } from '../record/posts.queries.ts';
import type { Facts } from './facts.ts';

interface ExternalIdOptions {
  /** The post that will have the id, and may have it already. */
  exceptPostId?: string;
  /** The prefix of the field in a refusal. */
  prefix?: string;
}

/** @throws externalIdTaken */
export function refuseTakenId(
  { takenIds }: Pick<Facts, 'takenIds'>,
  externalId: string | null | undefined,
  { exceptPostId, prefix = '' }: ExternalIdOptions = {},
): void {
  if (externalId === undefined || externalId === null) return;
  const holder = takenIds.get(externalId);
  if (holder && holder.id !== exceptPostId) throw externalIdTakenBy(`${holder.id} has`, prefix);
}

function externalIdTakenBy(who: string, prefix = '') {
  return externalIdTaken([
    { path: `${prefix}externalId`, code: 'external_id_taken', message: `${who} it already.` },
  ]);
}

/** Runs a write, and refuses it when another post took one of its external ids at the same moment. */
export async function refusingTakenIds<T>(write: () => Promise<T>, prefix = ''): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isExternalIdViolation(error)) throw error;
    throw externalIdTakenBy('Another post has', prefix);
  }
}

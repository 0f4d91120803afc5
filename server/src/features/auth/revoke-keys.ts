// Revokes a key and, on request, every key that it created. Shared by the use case and the operator's command.
import type { Tx } from '../../platform/db/index.ts';
import type { Stamp } from '../../platform/use-case/index.ts';
import { findKey, type KeyRights, type KeyRow, listDescendants, revokeKeys } from './auth.queries.ts';
import { appendKeyRevoked } from './key-events.ts';

export interface Revocation {
  keyId: string;
  /** Also revokes the keys that the key created, those that they created, and so on. */
  cascade: boolean;
  /** Only a key with at most these rights. Null for the operator. */
  rights: KeyRights | null;
}

/**
 * Returns the keys that it revoked, oldest first: none when the key does not exist or was revoked before. With
 * `cascade`, the keys that a revoked key created are revoked as well.
 */
export async function revokeWithDescendants(
  tx: Tx,
  { keyId, cascade, rights }: Revocation,
  stamp: Stamp,
): Promise<KeyRow[]> {
  const key = await findKey(tx, keyId, rights);
  if (!key) return [];
  const revoked = await revokeKeys(tx, [key.id], stamp.now);
  if (cascade) revoked.push(...(await revokeDescendants(tx, key, stamp)));
  for (const row of revoked) await appendKeyRevoked(tx, row, stamp);
  return revoked.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * A key that is creating another key holds a lock on its own row (`lockKey`), so its revocation waits for that
 * transaction. The new key is visible to the next look only; the loop ends when a look finds nothing to revoke.
 */
async function revokeDescendants(tx: Tx, key: KeyRow, { now }: Stamp): Promise<KeyRow[]> {
  const revoked: KeyRow[] = [];
  for (;;) {
    const ids = await listDescendants(tx, key);
    const more = ids.length === 0 ? [] : await revokeKeys(tx, ids, now);
    if (more.length === 0) return revoked;
    revoked.push(...more);
  }
}

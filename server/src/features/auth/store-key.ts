// Stores an API key: its hash and everything about it, never the key itself.
import { newId } from '../../domain/ids.ts';
import type { Tx } from '../../platform/db/index.ts';
import type { Actor } from '../../platform/use-case/index.ts';
import { hashKey, shownPrefix } from './api-key.ts';
import { insertKey, type KeyRow } from './auth.queries.ts';
import { appendKeyCreated } from './key-events.ts';

export interface NewKey {
  organizationId: string;
  name: string;
  /** Null for every scope. */
  scopes: readonly string[] | null;
  /** Null for every account of the organization. */
  accountIds: readonly string[] | null;
  expiresAt: Date | null;
  /** The actor that creates it. */
  actor: Actor;
  now: Date;
}

/** Stores a new key with its event, and returns its row, which does not contain the hash. */
export async function storeKey(tx: Tx, key: string, input: NewKey): Promise<KeyRow> {
  const row: KeyRow = {
    id: newId('key'),
    organization_id: input.organizationId,
    name: input.name,
    prefix: shownPrefix(key),
    scopes: input.scopes && [...input.scopes],
    account_ids: input.accountIds && [...input.accountIds],
    created_at: input.now,
    last_used_at: null,
    expires_at: input.expiresAt,
    revoked_at: null,
    created_by: input.actor,
  };
  await insertKey(tx, row, hashKey(key));
  await appendKeyCreated(tx, row, { actor: input.actor, now: input.now });
  return row;
}

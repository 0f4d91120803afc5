// Appends the events of API keys, each with the actor that caused it.
import { appendEvent, type TypedData } from '../../domain/events.ts';
import type { Tx } from '../../platform/db/index.ts';
import type { Stamp } from '../../platform/use-case/index.ts';
import type { KeyRow } from './auth.queries.ts';

type KeyEvent = Extract<TypedData, { type: `api_key.${string}` }>;

/** Reports that a key was created, in the transaction that creates it. */
export async function appendKeyCreated(tx: Tx, key: KeyRow, stamp: Stamp): Promise<void> {
  const { scopes, account_ids: accountIds, expires_at: expiresAt } = key;
  const data = { keyId: key.id, name: key.name, scopes, accountIds, expiresAt };
  await appendKeyEvent(tx, key, { ...stamp, type: 'api_key.created', data });
}

/** Reports that a key was revoked, in the transaction that revokes it. */
export async function appendKeyRevoked(tx: Tx, key: KeyRow, stamp: Stamp): Promise<void> {
  await appendKeyEvent(tx, key, {
    ...stamp,
    type: 'api_key.revoked',
    data: { keyId: key.id, name: key.name },
  });
}

async function appendKeyEvent(
  tx: Tx,
  key: KeyRow,
  { actor, now, ...event }: Stamp & KeyEvent,
): Promise<void> {
  await appendEvent(tx, {
    organizationId: key.organization_id,
    accountId: null,
    postId: null,
    at: now,
    actor,
    ...event,
  });
}

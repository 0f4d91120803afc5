// Reads API keys: all that the caller may see, and the caller's own.
import { type Caller, unauthorized } from '../../../platform/use-case/index.ts';
import { findKeyWithOrganization, listActiveKeys } from '../auth.queries.ts';
import { type KeyParts, keyIdOf } from '../key-parts.ts';
import { toKeyView } from '../keys.schema.ts';

type ReadParts = Pick<KeyParts, 'database'>;

/** The keys of the organization that are not revoked, within the accounts that the caller is restricted to. */
export async function listApiKeys({ database }: ReadParts, caller: Caller) {
  return { apiKeys: (await listActiveKeys(database.db, caller)).map(toKeyView) };
}

/**
 * The key that makes the request, and its organization.
 * @throws unauthorized when the key is gone
 */
export async function getOwnKey({ database }: ReadParts, caller: Caller) {
  const row = await findKeyWithOrganization(database.db, keyIdOf(caller));
  if (!row) throw unauthorized();
  return { organization: { id: row.organization_id, name: row.organization }, key: toKeyView(row) };
}

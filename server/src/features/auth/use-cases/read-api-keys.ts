// Reads API keys: all that the caller may see, and the caller's own.
import { type Caller, unauthorized } from '../../../platform/use-case/index.ts';
import { findKey, findKeyWithOrganization, listActiveKeys } from '../auth.queries.ts';
import { type KeyParts, keyIdOf } from '../key-parts.ts';
import { toKeyView } from '../keys.schema.ts';

type ReadParts = Pick<KeyParts, 'database'>;

/**
 * The keys of the organization that are not revoked and have at most the rights of the caller's own.
 * @throws unauthorized when the caller's own key is gone
 */
export async function listApiKeys({ database }: ReadParts, caller: Caller) {
  const own = await findKey(database.db, keyIdOf(caller), null);
  if (!own) throw unauthorized();
  return { apiKeys: (await listActiveKeys(database.db, own)).map(toKeyView) };
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

// Authenticates API keys, and manages them for the operator, who may see and revoke the keys of every organization.
// Callers manage their own organization's keys with the use cases.
import { newId } from '../../domain/ids.ts';
import type { Scope } from '../../domain/scopes.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { type Caller, systemActor } from '../../platform/use-case/index.ts';
import { generateKey, hashKey, isWellFormedKey, type KeyPrefix, livePrefix } from './api-key.ts';
import { findOrCreateOrganization, listAllKeys } from './auth.queries.ts';
import { createKeyCache, type KeyCache } from './key-cache.ts';
import { createKeyLookup, type KeyLookup } from './key-lookup.ts';
import { revokeWithDescendants } from './revoke-keys.ts';
import { type NewKey, storeKey } from './store-key.ts';
import { toCaller } from './to-caller.ts';

export interface AuthParts {
  database: Database;
  clock: Clock;
  /** The prefix of new keys. */
  keyPrefix: KeyPrefix;
}

export type AuthService = ReturnType<typeof createAuth>;

/** Authentication with its cache. One for each process. */
export function createAuth(parts: AuthParts) {
  const { database, clock } = parts;
  const cache = createKeyCache();
  const lookup = createKeyLookup(database.db);
  return {
    /** Returns the caller that a key belongs to; null for a key that is malformed, unknown, revoked or expired. */
    authenticate: (key: string) => authenticate({ clock, cache, lookup, keyPrefix: parts.keyPrefix }, key),

    /** Empties the cache: another process revoked a key, or its notification may have been lost. */
    forgetCached: cache.clear,

    /** Creates a key for the operator. The response is the only place that contains the secret. */
    createKey: (input: OperatorKey) => createOperatorKey(parts, input),

    /** The keys of every organization, revoked keys included. */
    listKeys: () => listAllKeys(database.db),

    /**
     * Revokes a key of any organization and, with `cascade`, every key that it created. Returns the ids of the keys that
     * it revoked: none when no active key has this id.
     */
    async revokeKey(keyId: string, { cascade = false } = {}): Promise<string[]> {
      const stamp = { actor: systemActor, now: clock.now() };
      const revoked = await database.transaction((tx) =>
        revokeWithDescendants(tx, { keyId, cascade, rights: null }, stamp),
      );
      cache.clear();
      return revoked.map(({ id }) => id);
    },
  };
}

async function authenticate(
  {
    clock,
    cache,
    lookup,
    keyPrefix,
  }: { clock: Clock; cache: KeyCache; lookup: KeyLookup; keyPrefix: KeyPrefix },
  key: string,
): Promise<Caller | null> {
  if (!isWellFormedKey(key)) return null;
  // Logs, shell histories and pages that people share contain the keys of demos.
  if (keyPrefix === livePrefix && !key.startsWith(livePrefix)) return null;
  const hash = hashKey(key);
  const cacheKey = hash.toString('base64');
  const now = clock.now();
  const cached = cache.find(cacheKey, now);
  if (cached !== undefined) return cached;
  const from = cache.generation();
  const row = await lookup.findAndUse(hash, now);
  if (!row) {
    cache.storeUnknown(cacheKey, now);
    return null;
  }
  const caller = toCaller(row);
  cache.storeValid(cacheKey, { caller, expiresAt: row.expires_at }, { from, now });
  return caller;
}

interface OperatorKey extends Pick<NewKey, 'name' | 'accountIds'> {
  scopes: readonly Scope[] | null;
  /** Default: never. */
  expiresAt?: Date | null;
  /** The name of the organization, which is created if it does not exist. */
  organization: string;
}

async function createOperatorKey(
  { database, clock, keyPrefix }: AuthParts,
  { organization, expiresAt = null, ...input }: OperatorKey,
): Promise<{ id: string; organizationId: string; key: string }> {
  const key = generateKey(keyPrefix);
  const now = clock.now();
  return database.transaction(async (tx) => {
    const organizationId = await findOrCreateOrganization(tx, {
      id: newId('org'),
      name: organization,
      createdAt: now,
    });
    const { id } = await storeKey(tx, key, { ...input, organizationId, expiresAt, actor: systemActor, now });
    return { id, organizationId, key };
  });
}

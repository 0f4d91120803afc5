// API keys: making, revoking, and finding out who holds one. A small cache spares the database a query on
// each request; revocation reaches every process at once by NOTIFY, and by expiry of the cache at the latest.

import { newId } from '../../domain/ids.ts';
import type { Scope } from '../../domain/scopes.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/db/index.ts';
import type { Caller } from '../../platform/use-case/index.ts';
import { generateKey, hashKey, isWellFormedKey, type KeyPrefix, shownPrefix } from './api-key.ts';
import {
  findOrCreateOrganization,
  insertKey,
  type KeyRow,
  listKeys,
  revokeKey,
  useKey,
} from './auth.queries.ts';

/** How long a key is believed without asking the database. Also how finely `lastUsedAt` is kept. */
const cacheMs = 30_000;
const cachedKeysMax = 10_000;
/** How long a well-formed key that nobody holds is refused without asking. A new key's bits were never sent before. */
const unknownMs = 30_000;

export interface NewKey {
  name: string;
  /** Made when there is none of that name. */
  organization: string;
  scopes: readonly Scope[] | null;
  accountIds: readonly string[] | null;
  prefix: KeyPrefix;
}

export type AuthService = ReturnType<typeof createAuth>;

export function createAuth({ database, clock }: { database: Database; clock: Clock }) {
  const cache = new Map<string, { caller: Caller; until: number; expiresAt: Date | null }>();
  const unknown = new Map<string, number>();
  // Raised whenever they are emptied: what was read from the database before is not cached after it.
  let emptied = 0;

  function forget(): void {
    emptied += 1;
    cache.clear();
    unknown.clear();
  }

  return {
    /** Who holds this key; null for one that is malformed, unknown, revoked or expired. */
    async authenticate(key: string): Promise<Caller | null> {
      if (!isWellFormedKey(key)) return null;
      const hash = hashKey(key);
      const cacheKey = hash.toString('base64');
      const now = clock.now();
      const cached = cache.get(cacheKey);
      if (cached && cached.until > now.getTime() && (cached.expiresAt === null || cached.expiresAt > now)) {
        return cached.caller;
      }
      if ((unknown.get(cacheKey) ?? 0) > now.getTime()) return null;
      const emptiedBefore = emptied;
      const row = await useKey(database.db, hash, now);
      if (!row) {
        cache.delete(cacheKey);
        if (unknown.size >= cachedKeysMax) unknown.clear();
        unknown.set(cacheKey, now.getTime() + unknownMs);
        return null;
      }
      if (cache.size >= cachedKeysMax) cache.clear();
      const caller = toCaller(row);
      if (emptied === emptiedBefore) {
        cache.set(cacheKey, { caller, until: now.getTime() + cacheMs, expiresAt: row.expires_at });
      }
      return caller;
    },

    /** Forgets what was cached: another process revoked a key, or its message may have been missed. */
    forgetCached: forget,

    /** Makes a key. The secret is in the answer and nowhere else. */
    async createKey(input: NewKey): Promise<{ id: string; organizationId: string; key: string }> {
      const key = generateKey(input.prefix);
      const now = clock.now();
      return database.transaction(async (tx) => {
        const organizationId = await findOrCreateOrganization(tx, {
          id: newId('org'),
          name: input.organization,
          createdAt: now,
        });
        const { id } = await keepKey(tx, key, { ...input, organizationId, expiresAt: null, now });
        return { id, organizationId, key };
      });
    },

    listKeys: () => listKeys(database.db),

    async revokeKey(id: string): Promise<boolean> {
      const revoked = await database.transaction((tx) => revokeKey(tx, id, clock.now()));
      forget();
      return revoked;
    },
  };
}

/** Stores what is known of a key from now on: everything but the key itself. */
export async function keepKey(
  tx: Tx,
  key: string,
  about: Pick<NewKey, 'name' | 'scopes' | 'accountIds'> & {
    organizationId: string;
    expiresAt: Date | null;
    now: Date;
  },
): Promise<KeyRow> {
  const row: KeyRow = {
    id: newId('key'),
    organization_id: about.organizationId,
    name: about.name,
    prefix: shownPrefix(key),
    scopes: about.scopes && [...about.scopes],
    account_ids: about.accountIds && [...about.accountIds],
    created_at: about.now,
    last_used_at: null,
    expires_at: about.expiresAt,
    revoked_at: null,
  };
  await insertKey(tx, row, hashKey(key));
  return row;
}

function toCaller(row: KeyRow): Caller {
  return {
    actor: { type: 'key', id: row.id, name: row.name },
    organizationId: row.organization_id,
    scopes: row.scopes,
    accountIds: row.account_ids,
  };
}

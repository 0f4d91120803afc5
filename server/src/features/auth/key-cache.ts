// A cache of API keys that spares the database a query for each request. A revocation reaches every process at once by
// NOTIFY, and at the latest when the cached entry expires.
import type { Caller } from '../../platform/use-case/index.ts';

/** How long a valid key is accepted without a query. It is also the precision of `lastUsedAt`. */
const validKeyCacheMs = 30_000;
/** How long a well-formed key that does not exist is refused without a query. A new key was never sent before. */
const unknownKeyCacheMs = 30_000;
const cachedKeysMax = 10_000;

interface ValidKey {
  caller: Caller;
  cachedUntil: number;
  expiresAt: Date | null;
}

export type KeyCache = ReturnType<typeof createKeyCache>;

/** Entries are stored by the hash of the key; the cache never holds a key. */
export function createKeyCache() {
  const validKeys = new Map<string, ValidKey>();
  const unknownKeys = new Map<string, number>();
  let generation = 0;

  return {
    /** The caller of a cached key, null for a key that is cached as unknown, undefined when a query is needed. */
    find(hash: string, now: Date): Caller | null | undefined {
      const valid = validKeys.get(hash);
      const isCurrent = valid && valid.cachedUntil > now.getTime();
      if (isCurrent && (valid.expiresAt === null || valid.expiresAt > now)) return valid.caller;
      return (unknownKeys.get(hash) ?? 0) > now.getTime() ? null : undefined;
    },

    /** Changes with every `clear`: a query that began in an earlier generation must not be cached in a later one. */
    generation: () => generation,

    /** @param from The generation in which the query began. */
    storeValid(hash: string, key: Omit<ValidKey, 'cachedUntil'>, { from, now }: { from: number; now: Date }) {
      if (from !== generation) return;
      if (validKeys.size >= cachedKeysMax) validKeys.clear();
      validKeys.set(hash, { ...key, cachedUntil: now.getTime() + validKeyCacheMs });
    },

    storeUnknown(hash: string, now: Date): void {
      validKeys.delete(hash);
      if (unknownKeys.size >= cachedKeysMax) unknownKeys.clear();
      unknownKeys.set(hash, now.getTime() + unknownKeyCacheMs);
    },

    clear(): void {
      generation += 1;
      validKeys.clear();
      unknownKeys.clear();
    },
  };
}

// Looks API keys up in the database. Keys that arrive while a statement runs share the next one, so that any number of
// requests with unknown keys uses one connection and leaves the others to callers with a key.
import type { Connection } from '../../platform/db/index.ts';
import { findKeys, type KeyRow, recordUse } from './auth.queries.ts';

/** The maximum number of keys in a statement. */
const keysMax = 200;

interface Waiting {
  hash: Buffer;
  now: Date;
  resolve(row: KeyRow | undefined): void;
  reject(error: unknown): void;
}

export interface KeyLookup {
  /**
   * Returns the key with this hash, and stores that it was used; undefined for a key that is unknown, revoked or
   * expired. An unknown key writes nothing.
   */
  findAndUse(hash: Buffer, now: Date): Promise<KeyRow | undefined>;
}

/** Creates the look-up of a process. */
export function createKeyLookup(connection: Connection): KeyLookup {
  const waiting: Waiting[] = [];
  let isRunning = false;

  async function run(): Promise<void> {
    isRunning = true;
    try {
      while (waiting.length > 0) await lookUp(connection, waiting.splice(0, keysMax));
    } finally {
      isRunning = false;
    }
  }

  return {
    findAndUse(hash, now) {
      const { promise, resolve, reject } = Promise.withResolvers<KeyRow | undefined>();
      waiting.push({ hash, now, resolve, reject });
      if (!isRunning) void run();
      return promise;
    },
  };
}

async function lookUp(connection: Connection, entries: readonly Waiting[]): Promise<void> {
  try {
    const now = entries.at(-1)?.now ?? new Date(0);
    const keys = await findKeys(
      connection,
      entries.map(({ hash }) => hash),
      now,
    );
    if (keys.size > 0)
      await recordUse(
        connection,
        [...keys.values()].map(({ id }) => id),
        now,
      );
    for (const { hash, resolve } of entries) resolve(keys.get(hash.toString('base64')));
  } catch (error) {
    for (const { reject } of entries) reject(error);
  }
}

// What must hold for this process to do its work, each with the sentence that /ready gives when it does not.
// Sentences are fixed: what an error says may name hosts and users, and goes to the log alone.
import { randomUUID } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Clock } from '../../platform/clock.ts';
import { type Database, pendingMigrations } from '../../platform/db/index.ts';
import type { Storage } from '../../platform/storage/index.ts';
import { ping } from './system.queries.ts';

export interface ReadinessCheck {
  name: string;
  /** Shown when `check` throws something else than NotReady. */
  reason: string;
  /** Resolves when the part works; throws otherwise. */
  check(): Promise<void>;
}

/** A part does not work, with a sentence for strangers. */
export class NotReady extends Error {
  override readonly name = 'NotReady';
}

const freeBytesMin = 256 * 1024 ** 2;
const skewMsMax = 5_000;
/** A worker looks every two seconds. */
const lookedWithinMs = 30_000;
/** Writing to the storage costs something, and anyone may ask whether we are ready. */
const storageKeptMs = 30_000;

export function databaseCheck(database: Database): ReadinessCheck {
  return {
    name: 'database',
    reason: 'The database does not answer.',
    check: async () => void (await ping(database.db)),
  };
}

export function migrationsCheck(database: Database): ReadinessCheck {
  return {
    name: 'migrations',
    reason: 'It cannot be seen whether the database is up to date.',
    async check() {
      const { missing, unknown } = await pendingMigrations(database);
      if (missing > 0) throw new NotReady(`Migrations are pending (${missing}). Run: pintail migrate`);
      if (unknown > 0) {
        throw new NotReady('The database is newer than this process. Start the newer version of Pintail.');
      }
    },
  };
}

/** Puts a small object and removes it. */
export function storageCheck(storage: Storage, clock: Clock): ReadinessCheck {
  const key = `ready/${randomUUID()}`;
  let goodAt: number | null = null;
  return {
    name: 'storage',
    reason: 'The media storage cannot be written to.',
    async check() {
      const now = clock.now().getTime();
      if (goodAt !== null && now - goodAt < storageKeptMs) return;
      await storage.put(key, Readable.from([Buffer.from('ready')]));
      await storage.remove(key);
      goodAt = now;
    },
  };
}

export function diskCheck(dataDir: string): ReadinessCheck {
  return {
    name: 'disk',
    reason: 'The data folder cannot be looked at.',
    async check() {
      const { bavail, bsize } = await statfs(dataDir);
      if (bavail * bsize < freeBytesMin) throw new NotReady('Less than 256 MiB are left on the disk.');
    },
  };
}

/** @param clock The one that posts are published by. */
export function clockCheck(database: Database, clock: Clock): ReadinessCheck {
  return {
    name: 'clock',
    reason: "The database's clock cannot be read.",
    async check() {
      const before = clock.now().getTime();
      const { now } = await ping(database.db);
      const after = clock.now().getTime();
      // How long the question took must not look like a difference.
      const skewMs = Math.max(before - now.getTime(), now.getTime() - after, 0);
      if (skewMs > skewMsMax) {
        throw new NotReady(`The clock differs from the database's by ${Math.round(skewMs / 1000)} s.`);
      }
    },
  };
}

export function workerCheck(lastLookAt: () => Date | null, clock: Clock): ReadinessCheck {
  const startedAt = clock.now();
  return {
    name: 'worker',
    reason: 'The worker does not look for due posts.',
    async check() {
      const agoMs = clock.now().getTime() - (lastLookAt() ?? startedAt).getTime();
      if (agoMs > lookedWithinMs) {
        throw new NotReady(`The worker has not looked for due posts for ${Math.round(agoMs / 1000)} s.`);
      }
    },
  };
}

// Checks of the platform's own parts: database, storage, disk, clock. Each has two thresholds: beyond the first, the
// doctor warns; beyond the second, the part has failed and `/ready` answers 503.
import { randomUUID } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import { type Database, pendingMigrations, ping } from '../db/index.ts';
import type { Storage } from '../storage/index.ts';
import { type Check, type Finding, failed, ok, warning } from './check.ts';

const freeBytes = { warnBelow: 1024 ** 3, failBelow: 256 * 1024 ** 2 };
const skewMs = { warnAbove: 2_000, failAbove: 5_000 };
/** A successful check is reused for this long: writing to the storage has a cost, and anyone may request `/ready`. */
const storageCheckedMs = 30_000;

export function databaseCheck(database: Database): Check {
  return {
    name: 'database',
    async run() {
      try {
        const { version, isWritable } = await ping(database.db);
        if (!isWritable) {
          return failed(
            'The database accepts no writes.',
            'It is a standby or read-only. Point DATABASE_URL to the primary.',
          );
        }
        return ok(`PostgreSQL ${version}`);
      } catch (error) {
        return failed('The database does not respond.', undefined, error);
      }
    },
  };
}

export function migrationsCheck(database: Database): Check {
  return {
    name: 'migrations',
    async run() {
      try {
        const { missing, unknown } = await pendingMigrations(database);
        if (missing > 0) return failed(`Migrations are pending (${missing}). Run: pintail migrate`);
        if (unknown > 0) {
          return failed('The database is newer than this process. Start the newer version of Pintail.');
        }
        return ok('up to date');
      } catch (error) {
        return failed('Could not determine whether the database is up to date.', undefined, error);
      }
    },
  };
}

/** Puts, stats and removes a file, as Pintail does with every medium. */
export function storageCheck(storage: Storage, clock: Clock): Check {
  const key = `ready/${randomUUID()}`;
  let writableAt: number | null = null;
  return {
    name: 'storage',
    async run() {
      const now = clock.now().getTime();
      const good = ok('The media storage is writable.');
      if (writableAt !== null && now - writableAt < storageCheckedMs) return good;
      try {
        await storage.put(key, Readable.from([Buffer.from('ready')]));
        await storage.stat(key);
        await storage.remove(key);
      } catch (error) {
        return failed('The media storage is not writable.', storageFix, error);
      }
      const listed = await listable(storage);
      if (listed.status === 'ok') writableAt = now;
      return listed.status === 'ok' ? good : listed;
    },
  };
}

const storageFix =
  'For a folder, check its path and owner. For a bucket, check S3_ENDPOINT and S3_REGION, that it exists, and that the key may read, list, write and delete.';

/** A failure is only a warning: the sweep lists files, publishing does not. */
async function listable(storage: Storage): Promise<Finding> {
  try {
    await storage.list({ limit: 1 });
    return ok('');
  } catch (error) {
    return {
      ...warning(
        'The media storage cannot be listed, so files that no post uses are not removed.',
        storageFix,
      ),
      cause: error,
    };
  }
}

export function diskCheck(dataDir: string): Check {
  return {
    name: 'disk',
    async run() {
      const fix = `Free some space on the disk of ${dataDir}. When it is full, uploads of media are refused.`;
      try {
        const { bavail, bsize } = await statfs(dataDir);
        const free = bavail * bsize;
        if (free < freeBytes.failBelow) return failed('Less than 256 MiB is left on the disk.', fix);
        if (free < freeBytes.warnBelow) return warning('Less than 1 GiB is left on the disk.', fix);
        return ok(`${gibibytes(free)} GiB free in ${dataDir}`);
      } catch (error) {
        return failed('The data folder cannot be read.', undefined, error);
      }
    },
  };
}

function gibibytes(bytes: number): string {
  const number = bytes / 1024 ** 3;
  return number >= 10 ? String(Math.round(number)) : number.toFixed(1);
}

/** The knowledge of a serving process about other clocks. */
export interface ClockWitnesses {
  /** When the database's clock was last set back, and by how much. */
  setBack: { at: Date; byMs: number } | null;
  /** By how much Pinterest's clock is ahead of ours; null if that is not known. */
  pinterestSkewMs: number | null;
}

/** A step back is reported for this long. */
const setBackReportedMs = 24 * 3600_000;
const pinterestSkewMsMax = 60_000;

/** @param clock The clock to compare with the database's */
export function clockCheck(database: Database, clock: Clock, witnesses?: () => ClockWitnesses): Check {
  return {
    name: 'clock',
    async run() {
      try {
        const skew = await measureSkew(database, clock);
        const message = `The clock differs from the database's by ${(skew / 1000).toFixed(1)} s.`;
        const fix = "Posts are published by the database's clock. Synchronize both clocks with NTP.";
        if (skew > skewMs.failAbove) return failed(message, fix);
        if (skew > skewMs.warnAbove) return warning(message, fix);
        return (
          (witnesses && witnessed(witnesses(), clock.now())) ??
          ok(`within ${Math.round(skew)} ms of the database's`)
        );
      } catch (error) {
        return failed("The database's clock cannot be read.", undefined, error);
      }
    },
  };
}

function witnessed({ setBack, pinterestSkewMs }: ClockWitnesses, now: Date): Finding | undefined {
  if (pinterestSkewMs !== null && Math.abs(pinterestSkewMs) > pinterestSkewMsMax) {
    return warning(
      `The clock is ${Math.round(Math.abs(pinterestSkewMs) / 1000)} s ${pinterestSkewMs > 0 ? 'behind' : 'ahead of'} Pinterest's.`,
      "Posts are published by the database's clock. Synchronize it with NTP.",
    );
  }
  if (setBack && now.getTime() - setBack.at.getTime() < setBackReportedMs) {
    return warning(
      `The database's clock was set back by ${Math.round(setBack.byMs / 1000)} s at ${setBack.at.toISOString()}.`,
      'Leases of before do not count, and posts are published by the new time. Synchronize the clock with NTP.',
    );
  }
  return undefined;
}

/** Returns the difference in milliseconds, without the duration of the query. */
async function measureSkew(database: Database, clock: Clock): Promise<number> {
  const before = clock.now().getTime();
  const { now } = await ping(database.db);
  const after = clock.now().getTime();
  return Math.max(before - now.getTime(), now.getTime() - after, 0);
}

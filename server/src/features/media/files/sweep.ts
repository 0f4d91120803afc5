// Removes media that no post uses, files without a row, and files that a crash left. Media of an unpublished post is
// never removed: a foreign key protects `media_id` and the cover, and a lock that every new use takes protects slides.
import { addMs, type Cancel, type Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/db/index.ts';
import type { Log } from '../../../platform/log.ts';
import type { Storage, StoredObject, TemporaryFolder } from '../../../platform/storage/index.ts';
import type { MediaRow } from '../record/media.queries.ts';
import { type FileOwner, nameOf, ownerOf } from '../record/stored-files.ts';
import {
  deleteMediaRows,
  listKeptFiles,
  listReferredMedia,
  lockDueMedia,
  lockFiles,
  setCheckAt,
} from './sweep.queries.ts';

export interface SweepParts {
  database: Database;
  storage: Storage;
  temporaryFolder: TemporaryFolder;
  /** The retention of media that no post uses. */
  graceMs: number;
}

/** The columns of a row that identify its files. */
export type MediaFiles = Pick<MediaRow, 'organization_id' | 'sha256' | 'storage_key' | 'thumbnail_key'>;

export interface Swept {
  /** The number of rows that no post used. */
  rows: number;
  /** The number of files in the storage that had no row. */
  files: number;
}

export interface MediaSweep {
  /** Runs one round. The files of the storage are checked one page per round. */
  sweep(at: { now: Date }): Promise<Swept>;
  /** Removes the files of a row that was removed or deleted, unless another row has the same files. */
  removeFiles(row: MediaFiles): Promise<void>;
}

/** The maximum number of rows per transaction. */
const sweptRowsAtOnce = 200;
/** The maximum number of transactions per round. */
const batchesMax = 100;
const filesAtOnce = 1000;
/** The interval between checks of media that a post uses. */
const recheckMs = 7 * 24 * 3600 * 1000;

export function createSweep({ database, storage, temporaryFolder, graceMs }: SweepParts): MediaSweep {
  /** The last key of the previous page; undefined to start from the first page. */
  let place: string | undefined;

  async function removeFiles(row: MediaFiles): Promise<void> {
    const owner = { organizationId: row.organization_id, sha256: row.sha256 };
    await removeUnlessKept(owner, [row.storage_key, row.thumbnail_key]);
  }

  async function removeUnlessKept(owner: FileOwner, keys: readonly string[]): Promise<boolean> {
    return database.transaction(async (tx) => {
      await lockFiles(tx, nameOf(owner));
      if ((await listKeptFiles(tx, [owner])).length > 0) return false;
      for (const key of keys) await storage.remove(key);
      return true;
    });
  }

  async function sweepRows(now: Date): Promise<number> {
    let count = 0;
    for (let batch = 0; batch < batchesMax; batch += 1) {
      const { due, unneeded } = await database.transaction(async (tx) => {
        const due = await lockDueMedia(tx, now, sweptRowsAtOnce);
        const ids = due.map(({ id }) => id);
        const referred = await listReferredMedia(tx, ids);
        const unneeded = due.filter(({ id }) => !referred.has(id));
        await deleteMediaRows(
          tx,
          unneeded.map(({ id }) => id),
        );
        await setCheckAt(tx, [...referred], addMs(now, recheckMs));
        return { due, unneeded };
      });
      // If this fails, the files have no row and a later round removes them.
      for (const row of unneeded) await removeFiles(row);
      count += unneeded.length;
      if (due.length < sweptRowsAtOnce) break;
    }
    return count;
  }

  async function sweepFiles(now: Date): Promise<number> {
    const page = await storage.list({ limit: filesAtOnce, ...(place !== undefined && { after: place }) });
    place = page.length === filesAtOnce ? page.at(-1)?.key : undefined;
    const abandonedBefore = addMs(now, -graceMs).getTime();
    const old = groupByOwner(page.filter(({ storedAt }) => storedAt.getTime() < abandonedBefore));
    const kept = await listKeptFiles(
      database.db,
      [...old.values()].map(({ owner }) => owner),
    );
    for (const owner of kept) old.delete(nameOf(owner));
    let count = 0;
    for (const { owner, keys } of old.values()) {
      if (await removeUnlessKept(owner, keys)) count += keys.length;
    }
    return count;
  }

  return {
    removeFiles,

    async sweep({ now }) {
      const rows = await sweepRows(now);
      const files = await sweepFiles(now);
      await storage.removeAbandoned();
      await temporaryFolder.removeAbandoned();
      return { rows, files };
    },
  };
}

function groupByOwner(objects: readonly StoredObject[]): Map<string, { owner: FileOwner; keys: string[] }> {
  const groups = new Map<string, { owner: FileOwner; keys: string[] }>();
  for (const { key } of objects) {
    const owner = ownerOf(key);
    if (!owner) continue;
    const group = groups.get(nameOf(owner)) ?? { owner, keys: [] };
    group.keys.push(key);
    groups.set(nameOf(owner), group);
  }
  return groups;
}

const sweepEveryMs = 10 * 60 * 1000;

export interface MediaSweeperParts {
  media: { sweep: MediaSweep['sweep'] };
  clock: Clock;
  log: Log;
}

/** Runs a round every ten minutes, one at a time in a process. Any number of processes may run it. */
export function startMediaSweeper({ media, clock, log }: MediaSweeperParts): Cancel {
  let isSweeping = false;
  return clock.every(sweepEveryMs, () => {
    if (isSweeping) return;
    isSweeping = true;
    media
      .sweep({ now: clock.now() })
      .then((swept) => {
        if (swept.rows + swept.files > 0) log.info(swept, 'unused media was removed');
      })
      .catch((error: unknown) => log.warn({ err: error }, 'a sweep of media failed'))
      .finally(() => {
        isSweeping = false;
      });
  });
}

// Incomplete files, in a separate folder from which files that a crash left are removed.
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';

export interface TemporaryFolder {
  /** Returns a path without a file. */
  newPath(): string;
  /** Runs `work` with such a path. Removes the file afterwards, also if it throws. */
  withPath<T>(work: (path: string) => Promise<T>): Promise<T>;
  /** Removes abandoned files. Also called when the folder is opened. */
  removeAbandoned(): Promise<void>;
}

/**
 * Older files are abandoned. Another process may share the folder, but it writes to an incomplete file all the time,
 * and processes a complete one within minutes.
 */
const abandonedAfterMs = 60 * 60 * 1000;

/** Opens the folder, creating it if necessary, and removes abandoned files. */
export async function openTemporaryFolder(folder: string, clock: Clock): Promise<TemporaryFolder> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  async function removeAbandoned(): Promise<void> {
    const oldest = clock.now().getTime() - abandonedAfterMs;
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const file = await stat(path).catch(() => undefined); // Another process removed it.
      if (file && file.mtimeMs < oldest) await rm(path, { recursive: true, force: true });
    }
  }
  await removeAbandoned();
  const newPath = () => join(folder, randomUUID());
  return {
    newPath,
    removeAbandoned,
    async withPath(work) {
      const path = newPath();
      try {
        return await work(path);
      } finally {
        await unlink(path).catch(throwUnlessMissing);
      }
    },
  };
}

function throwUnlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

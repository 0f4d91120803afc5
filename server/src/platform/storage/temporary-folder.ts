// Files that are only half made. They live in a folder of their own, and what a crash left there is swept away.
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';

export interface TemporaryFolder {
  /** A path at which nothing is yet. */
  newPath(): string;
  /** Runs `work` with such a path and removes whatever is there afterwards, however it ended. */
  withPath<T>(work: (path: string) => Promise<T>): Promise<T>;
  /** Removes what was abandoned in it. Done at opening too. */
  removeAbandoned(): Promise<void>;
}

/**
 * Another process may share the folder, and no half-made file of a living one was last written so long ago: what
 * is still coming is written to all the time, and what has come is dealt with in minutes.
 */
const abandonedAfterMs = 60 * 60 * 1000;

/** Makes the folder if need be and removes what was abandoned in it. */
export async function openTemporaryFolder(folder: string, clock: Clock): Promise<TemporaryFolder> {
  await mkdir(folder, { recursive: true });
  async function removeAbandoned(): Promise<void> {
    const oldest = clock.now().getTime() - abandonedAfterMs;
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const file = await stat(path).catch(() => undefined); // Gone: another process swept it, or finished with it.
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

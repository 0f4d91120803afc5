// Small previews of the pictures on Pins, which is all that is kept of them:
// beside the journal when there is one, else a limited number in memory.

import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Previews {
  put(sha256: string, jpeg: Buffer): Promise<void>;
  get(sha256: string): Promise<Buffer | undefined>;
  clear(): Promise<void>;
}

const keptInMemoryMax = 300;
const nameShape = /^[0-9a-f]{64}$/;

export function createPreviews(folder: string | undefined): Previews {
  return folder === undefined ? inMemory() : inFolder(folder);
}

function inMemory(): Previews {
  const kept = new Map<string, Buffer>();
  return {
    put: async (sha256, jpeg) => {
      kept.set(sha256, jpeg);
      const oldest = kept.keys().next().value;
      if (kept.size > keptInMemoryMax && oldest !== undefined) kept.delete(oldest);
    },
    get: async (sha256) => kept.get(sha256),
    clear: async () => kept.clear(),
  };
}

function inFolder(folder: string): Previews {
  const fileOf = (sha256: string) => join(folder, `${sha256}.jpg`);
  return {
    put: async (sha256, jpeg) => {
      if (!nameShape.test(sha256)) return;
      await mkdir(folder, { recursive: true });
      // Named only when whole, so that a crash leaves no half picture under its name;
      // the passing name is its own, since the same picture may come twice at once.
      const unfinished = `${fileOf(sha256)}.${randomUUID()}.new`;
      await writeFile(unfinished, jpeg);
      await rename(unfinished, fileOf(sha256));
    },
    get: async (sha256) => {
      // The name comes from an address: nothing but a digest may become a path.
      if (!nameShape.test(sha256)) return undefined;
      return readFile(fileOf(sha256)).catch(() => undefined);
    },
    clear: async () => {
      const names = await readdir(folder).catch(() => []);
      await Promise.all(names.filter((name) => name.includes('.jpg')).map((name) => rm(join(folder, name))));
    },
  };
}

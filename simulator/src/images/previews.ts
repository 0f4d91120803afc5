// Small previews of the images of Pins; the images themselves are not stored. They are stored in a folder
// beside the journal, or without a journal in memory, where their number is limited.
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Previews {
  put(sha256: string, jpeg: Buffer): Promise<void>;
  get(sha256: string): Promise<Buffer | undefined>;
  clear(): Promise<void>;
}

const inMemoryMax = 300;
const nameShape = /^[0-9a-f]{64}$/;

export function createPreviews(folder: string | undefined): Previews {
  return folder === undefined ? inMemory() : inFolder(folder);
}

function inMemory(): Previews {
  const previews = new Map<string, Buffer>();
  return {
    async put(sha256, jpeg) {
      previews.set(sha256, jpeg);
      const oldest = previews.keys().next().value;
      if (previews.size > inMemoryMax && oldest !== undefined) previews.delete(oldest);
    },
    get: async (sha256) => previews.get(sha256),
    clear: async () => previews.clear(),
  };
}

function inFolder(folder: string): Previews {
  const fileOf = (sha256: string) => join(folder, `${sha256}.jpg`);
  return {
    async put(sha256, jpeg) {
      if (!nameShape.test(sha256)) return;
      await mkdir(folder, { recursive: true });
      // Renamed once complete, so that a crash leaves no partial image under the final name. The temporary name
      // is unique, because the same image may arrive twice at once.
      const unfinished = `${fileOf(sha256)}.${randomUUID()}.new`;
      await writeFile(unfinished, jpeg);
      await rename(unfinished, fileOf(sha256));
    },
    async get(sha256) {
      // The name comes from a URL: only a digest may become a path.
      if (!nameShape.test(sha256)) return undefined;
      return readFile(fileOf(sha256)).catch(() => undefined);
    },
    async clear() {
      const names = await readdir(folder).catch(() => []);
      await Promise.all(names.filter((name) => name.includes('.jpg')).map((name) => rm(join(folder, name))));
    },
  };
}

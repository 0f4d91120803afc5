// Stores objects as files in a folder.
import { constants } from 'node:fs';
import { copyFile, link, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../clock.ts';
import { limitBytes } from './limit-bytes.ts';
import { listFolder } from './list-folder.ts';
import { checkKey, ObjectTooLarge, type Storage, type StorageSource, storageOutage } from './storage.ts';
import { openTemporaryFolder } from './temporary-folder.ts';

export interface FolderStorageOptions {
  /** Created if it does not exist. Must be on one file system, because files are renamed. */
  folder: string;
  clock: Clock;
}

/** Opens the folder and removes incomplete files that a crash left. */
export async function createFolderStorage({ folder, clock }: FolderStorageOptions): Promise<Storage> {
  // A key cannot begin with a dot, so objects are never in this folder.
  const incomplete = await openTemporaryFolder(join(folder, '.incoming'), clock);
  const pathOf = (key: string) => {
    checkKey(key);
    return join(folder, key);
  };

  return {
    async put(key, source, { bytesMax = Number.POSITIVE_INFINITY } = {}) {
      const path = pathOf(key);
      await asOutage(
        incomplete.withPath(async (incoming) => {
          await write(incoming, source, bytesMax);
          const firstNewFolder = await moveTo(path, incoming);
          await syncFolders(dirname(path), firstNewFolder);
        }),
      ).finally(() => {
        if (source instanceof Readable) source.destroy();
      });
    },

    async read(key, range) {
      const file = await asOutage(unlessMissing(open(pathOf(key), 'r')));
      return file?.createReadStream(range ? { start: range.first, end: range.last } : {});
    },

    async readWhole(key) {
      return asOutage(unlessMissing(readFile(pathOf(key))));
    },

    async stat(key) {
      const file = await asOutage(unlessMissing(stat(pathOf(key))));
      return file?.isFile() ? { bytes: file.size } : undefined;
    },

    async remove(key) {
      await asOutage(rm(pathOf(key), { force: true }));
    },

    async list(options) {
      return asOutage(listFolder(folder, options));
    },

    async removeAbandoned() {
      await asOutage(incomplete.removeAbandoned());
    },
  };
}

/** Writes a file. Resolves when its bytes are on the disk. */
async function write(path: string, source: StorageSource, bytesMax: number): Promise<void> {
  if ('file' in source) {
    if ((await stat(source.file)).size > bytesMax) throw new ObjectTooLarge();
    await linkOrCopy(source.file, path);
    await sync(path);
  } else if ('bytes' in source) {
    if (source.bytes.length > bytesMax) throw new ObjectTooLarge();
    await writeFile(path, source.bytes, { flag: 'wx', flush: true });
  } else {
    const file = await open(path, 'wx');
    await pipeline(source, limitBytes(bytesMax), file.createWriteStream({ flush: true }));
  }
}

/** Creates a hard link, which needs no copy of the bytes, or a copy if the file is on another file system. */
async function linkOrCopy(file: string, path: string): Promise<void> {
  try {
    await link(file, path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!/^(EXDEV|EPERM|EMLINK|ENOTSUP|EOPNOTSUPP|ENOSYS)$/.test(code)) throw error;
    await copyFile(file, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
}

/** Renames a file. Creates the folder only if that fails, because it usually exists. Returns the first folder created. */
async function moveTo(path: string, incoming: string): Promise<string | undefined> {
  const isMoved = await unlessMissing(rename(incoming, path).then(() => true));
  if (isMoved) return undefined;
  const firstNewFolder = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await rename(incoming, path);
  return firstNewFolder;
}

/** Syncs the folder of a new file, and the parent folders of new folders: otherwise a crash could lose the names. */
async function syncFolders(folder: string, firstMade: string | undefined): Promise<void> {
  await sync(folder);
  if (firstMade === undefined) return;
  for (let newFolder = folder; newFolder.length >= firstMade.length; newFolder = dirname(newFolder))
    await sync(dirname(newFolder));
}

/** Waits until a file or a folder is on the disk. */
async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
}

/** Errors of the file system are outages; errors of the source pass unchanged. */
async function asOutage<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: NodeJS.ErrnoException) => {
    if (error instanceof Error && typeof error.syscall === 'string' && typeof error.errno === 'number') {
      throw storageOutage(error);
    }
    throw error;
  });
}

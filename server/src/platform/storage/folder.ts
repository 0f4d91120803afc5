// The storage that keeps its objects as files in a folder.
import { constants } from 'node:fs';
import { copyFile, link, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../clock.ts';
import { limitBytes } from './limit-bytes.ts';
import { listFolder } from './list-folder.ts';
import { checkKey, ObjectTooLarge, type Storage, type StorageSource, storageOutage } from './storage.ts';
import { openTemporaryFolder } from './temporary-folder.ts';

export interface FolderStorageOptions {
  /** Made if it does not exist. Must be one file system, for renaming. */
  folder: string;
  clock: Clock;
}

/** Opens the folder and sweeps what a crash left half written. */
export async function createFolderStorage({ folder, clock }: FolderStorageOptions): Promise<Storage> {
  // A key cannot begin with a dot, so no object is ever here.
  const halfWritten = await openTemporaryFolder(join(folder, '.incoming'), clock);
  const pathOf = (key: string) => {
    checkKey(key);
    return join(folder, key);
  };

  return {
    async put(key, source, { bytesMax = Number.POSITIVE_INFINITY } = {}) {
      const path = pathOf(key);
      await asOutage(
        halfWritten.withPath(async (incoming) => {
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
      await asOutage(halfWritten.removeAbandoned());
    },
  };
}

/** Until its bytes are on the disk. */
async function write(path: string, source: StorageSource, bytesMax: number): Promise<void> {
  if ('file' in source) {
    if ((await stat(source.file)).size > bytesMax) throw new ObjectTooLarge();
    await takeOver(source.file, path);
    await sync(path);
  } else if ('bytes' in source) {
    if (source.bytes.length > bytesMax) throw new ObjectTooLarge();
    await writeFile(path, source.bytes, { flag: 'wx', flush: true });
  } else {
    const file = await open(path, 'wx');
    await pipeline(source, limitBytes(bytesMax), file.createWriteStream({ flush: true }));
  }
}

/** A hard link to the same bytes, which costs nothing; a copy on another file system. */
async function takeOver(file: string, path: string): Promise<void> {
  try {
    await link(file, path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!/^(EXDEV|EPERM|EMLINK|ENOTSUP|EOPNOTSUPP|ENOSYS)$/.test(code)) throw error;
    await copyFile(file, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
}

/** Mostly the folder is there already. @returns the first of the folders that had to be made */
async function moveTo(path: string, incoming: string): Promise<string | undefined> {
  const isThere = await unlessMissing(rename(incoming, path).then(() => true));
  if (isThere) return undefined;
  const firstNewFolder = await mkdir(dirname(path), { recursive: true });
  await rename(incoming, path);
  return firstNewFolder;
}

/** A new name is safe only when the folder that holds it is on the disk too; likewise that of a new folder. */
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

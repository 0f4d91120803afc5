// Lists the keys of a folder of objects in byte order, in pages. Reads one folder at a time into memory.
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListOptions, StoredObject } from './storage.ts';

export async function listFolder(root: string, { prefix = '', after = '', limit }: ListOptions) {
  const page: StoredObject[] = [];
  for await (const key of walk(root, '', { prefix, after })) {
    const file = await stat(join(root, key)).catch(() => undefined); // The file was removed meanwhile.
    if (file?.isFile()) page.push({ key, bytes: file.size, storedAt: file.mtime });
    if (page.length === limit) break;
  }
  return page;
}

/** Sorts folders by their name with a slash, so that their objects are in the order of whole keys. */
async function* walk(
  root: string,
  folder: string,
  wanted: { prefix: string; after: string },
): AsyncGenerator<string> {
  const keys = (await entriesOf(join(root, folder)))
    // Names that start with a dot are not objects; see `createFolderStorage`.
    .filter(({ name }) => !name.startsWith('.'))
    .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .sort((a, b) => (a < b ? -1 : 1));
  for (const key of keys) {
    if (!key.endsWith('/')) {
      if (key.startsWith(wanted.prefix) && key > wanted.after) yield key;
      continue;
    }
    const mayBegin = key.startsWith(wanted.prefix) || wanted.prefix.startsWith(key);
    const mayFollow = key > wanted.after || wanted.after.startsWith(key);
    if (mayBegin && mayFollow) yield* walk(root, key, wanted);
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

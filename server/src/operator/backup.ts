// Creates and restores the files of a backup, including the note that marks a backup as complete.
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { copyCluster, copySynced } from '@pintail/embedded-postgres';
import { z } from 'zod';
import { SetupProblem } from '../platform/db/index.ts';

const noteFile = 'backup.json';
const BackupNote = z.object({
  /** When the backup was started. It lacks everything that was published later. */
  takenAt: z.iso.datetime().transform((text) => new Date(text)),
  pintail: z.string(),
  /** The bucket of the media, when they are not in the backup. */
  bucket: z.string().nullable().default(null),
});
export type BackupNote = z.output<typeof BackupNote>;

/** Everything besides the database. With the keys, a backup is complete and as sensitive as the accounts themselves. */
const files = [
  'media',
  'encryption.key',
  'encryption.key.old',
  'first-api-key',
  'simulator.jsonl',
  'simulator.jsonl.previews',
];

export interface MakeBackup {
  /** The running embedded database. */
  url: string;
  dataDir: string;
  /** Must not exist, or be empty. */
  to: string;
  takenAt: Date;
  pintail: string;
  /** The bucket of the media, when they are not in the data folder. */
  bucket: string | null;
}

/** @returns the names of the copied files and folders */
export async function makeBackup({
  url,
  dataDir,
  to,
  takenAt,
  pintail,
  bucket,
}: MakeBackup): Promise<string[]> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  if ((await readdir(to)).length > 0) throw new SetupProblem(`${to} is not empty. Specify a new folder.`);
  // The database first: media are stored before the row that references them, so every copied row has its media.
  await copyCluster({ url, cluster: join(dataDir, 'postgres'), to: join(to, 'postgres') });
  const copied = await copyFiles(dataDir, to);
  // Last: an interrupted backup has no note.
  const note = { takenAt: takenAt.toISOString(), pintail, bucket };
  await writeFile(join(to, noteFile), `${JSON.stringify(note)}\n`, { flush: true });
  return ['postgres', ...copied];
}

/** @throws SetupProblem when the folder is not a complete backup */
export async function readBackupNote(folder: string): Promise<BackupNote> {
  const text = await readFile(join(folder, noteFile), 'utf8').catch(() => null);
  if (text === null) {
    throw new SetupProblem(`${folder} is not a complete backup: it has no ${noteFile}.`);
  }
  return BackupNote.parse(JSON.parse(text));
}

/** Copies a backup into a folder that is not in use. */
export async function restoreFiles(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await copy(join(from, 'postgres'), join(to, 'postgres'));
  await copyFiles(from, to);
}

/** Moves a restored folder into place. The database is last: Pintail does not start without it. */
export async function moveIntoPlace(from: string, dataDir: string): Promise<void> {
  for (const name of [...files, 'postgres']) {
    await rename(join(from, name), join(dataDir, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

async function copyFiles(from: string, to: string): Promise<string[]> {
  const present = new Set(await readdir(from));
  const copied = files.filter((name) => present.has(name));
  for (const name of copied) await copy(join(from, name), join(to, name));
  return copied;
}

/** Copies a file, or a folder and everything in it except unfinished files. */
async function copy(from: string, to: string): Promise<void> {
  if (basename(from) === '.incoming') return;
  if (!(await stat(from)).isDirectory()) return copySynced(from, to);
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const name of await readdir(from)) {
    await copy(join(from, name), join(to, name)).catch((error: NodeJS.ErrnoException) => {
      // It was removed after it was listed: no row uses it.
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

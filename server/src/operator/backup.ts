// What belongs to a backup besides the database, and the note that says that a backup is whole.
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { copyCluster, copySynced, SetupProblem } from '../platform/db/index.ts';

const noteFile = 'backup.json';
const BackupNote = z.object({
  /** When it was begun: what was published later is not known to it. */
  takenAt: z.iso.datetime().transform((text) => new Date(text)),
  pintail: z.string(),
  /** Where its media are, when they are not in it. */
  bucket: z.string().nullable().default(null),
});
export type BackupNote = z.output<typeof BackupNote>;

/** Beside the database. Keys make the backup whole, and worth as much as the accounts themselves. */
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
  /** Where the media are, when not in the data folder. */
  bucket: string | null;
}

/** @returns what was copied */
export async function makeBackup({
  url,
  dataDir,
  to,
  takenAt,
  pintail,
  bucket,
}: MakeBackup): Promise<string[]> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  if ((await readdir(to)).length > 0) throw new SetupProblem(`${to} is not empty. Name a new folder.`);
  // The database first: a picture is stored before the row that names it, so every row will have its picture.
  await copyCluster({ url, cluster: join(dataDir, 'postgres'), to: join(to, 'postgres') });
  const copied = await copyFiles(dataDir, to);
  // Last: a backup that was cut short has no note.
  const note = { takenAt: takenAt.toISOString(), pintail, bucket };
  await writeFile(join(to, noteFile), `${JSON.stringify(note)}\n`, { flush: true });
  return ['postgres', ...copied];
}

/** @throws SetupProblem when the folder holds no whole backup */
export async function readBackupNote(folder: string): Promise<BackupNote> {
  const text = await readFile(join(folder, noteFile), 'utf8').catch(() => null);
  if (text === null) {
    throw new SetupProblem(`${folder} is no backup, or one that was cut short: it has no ${noteFile}.`);
  }
  return BackupNote.parse(JSON.parse(text));
}

/** Copies a backup into a folder that is not in use yet. */
export async function restoreFiles(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await copy(join(from, 'postgres'), join(to, 'postgres'));
  await copyFiles(from, to);
}

/** Puts a restored folder in its place. The database comes last: without it the rest is of no use to anyone. */
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

/** A file, or a folder with all that is in it; half-made files are left behind. */
async function copy(from: string, to: string): Promise<void> {
  if (basename(from) === '.incoming') return;
  if (!(await stat(from)).isDirectory()) return copySynced(from, to);
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const name of await readdir(from)) {
    await copy(join(from, name), join(to, name)).catch((error: NodeJS.ErrnoException) => {
      // Removed since it was listed: no row needs it.
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

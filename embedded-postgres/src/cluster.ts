// Creates the directory that PostgreSQL calls a cluster, with the role and the database of Pintail.
// It is created under another name and renamed when it is complete and on disk: a cluster with its final name is complete.
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { explainOutput, hasCode } from './failures.ts';
import { EmbeddedPostgresProblem } from './problem.ts';
import { openPlace, runProgram } from './programs.ts';
import type { ServerUser } from './server-user.ts';

/** The owner of Pintail's database, without any right outside of it. */
export const ownRole = 'pintail';
export const ownDatabase = 'pintail';
export const superuser = 'postgres';

/** In the cluster, so that each is copied with the other. PostgreSQL ignores it. */
const passwordFile = 'pintail-password';

export interface CreateCluster {
  /** The final name; must not exist, or be empty. */
  cluster: string;
  /** A directory on the same disk for the unfinished cluster. */
  staging: string;
  binaries: Binaries;
  user: ServerUser | undefined;
  /** False when the data may be lost in a crash of the machine: in tests. */
  durable: boolean;
  signal?: AbortSignal | undefined;
}

/** @throws EmbeddedPostgresProblem when initdb or PostgreSQL fails */
export async function createCluster(create: CreateCluster): Promise<void> {
  const { cluster, staging, user, durable, signal } = create;
  await removeUnfinished(staging);
  const unfinished = join(staging, `unfinished-${randomBytes(6).toString('hex')}`);
  await mkdir(unfinished, { mode: 0o700 });
  if (user) await chown(unfinished, user.uid, user.gid);
  const place = await openPlace(unfinished, user);
  const run: RunStep = async (doing, program, args, input) => {
    const { succeeded, output } = await runProgram(create.binaries[program], args, {
      ...place,
      signal,
      ...(input !== undefined && { input }),
    });
    signal?.throwIfAborted();
    if (!succeeded) throw explainOutput(doing, output, cluster);
  };
  try {
    const password = randomBytes(24).toString('base64url');
    const passwordPath = join(unfinished, passwordFile);
    await writeFile(passwordPath, password, { mode: 0o600, flag: 'wx' });
    if (user) await chown(passwordPath, user.uid, user.gid);
    await run('to create its directory', 'initdb', [
      `--pgdata=${place.seenAs}/data`,
      `--pwfile=${place.seenAs}/${passwordFile}`,
      ...initdbOptions(create.binaries),
    ]);
    // In single-user mode: without a port and a second process, and the password is passed through a pipe.
    await run(
      'to create its database',
      'postgres',
      ['--single', '-D', `${place.seenAs}/data`, '-c', 'exit_on_error=on', '-c', 'fsync=off', 'postgres'],
      `create role ${ownRole} login password '${password}'\ncreate database ${ownDatabase} owner ${ownRole}\n`,
    );
    await rename(passwordPath, join(unfinished, 'data', passwordFile));
    if (durable) await run('to flush to disk', 'initdb', ['--sync-only', `--pgdata=${place.seenAs}/data`]);
    await rename(join(unfinished, 'data'), cluster);
    if (durable) await syncDirectory(join(cluster, '..'));
  } finally {
    await place.close();
    await rm(unfinished, { recursive: true, force: true });
  }
}

type RunStep = (
  doing: string,
  program: 'initdb' | 'postgres',
  args: string[],
  input?: string,
) => Promise<void>;

/** Removes what a killed process left. Its initdb may still run: it fails without its directory. */
async function removeUnfinished(staging: string): Promise<void> {
  for (const name of await readdir(staging)) {
    if (name.startsWith('unfinished-')) {
      await rm(join(staging, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
    }
  }
}

function initdbOptions({ major }: Binaries): string[] {
  return [
    `--username=${superuser}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The built-in locale of 17 and later sorts and folds alike on every machine, whatever its C library.
    ...(major >= 17 ? ['--locale-provider=builtin', '--locale=C.UTF-8'] : ['--locale=C']),
    '--data-checksums',
    '--no-sync', // Everything is written to disk once, at the end.
  ];
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path);
  await handle.sync().finally(() => handle.close());
}

/** Returns the cluster's major version, or undefined when there is no cluster. */
export async function clusterVersion(cluster: string): Promise<number | undefined> {
  try {
    return Number.parseInt(await readFile(join(cluster, 'PG_VERSION'), 'utf8'), 10);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  const names = await readdir(cluster).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  if (names.length === 0) return undefined;
  throw new EmbeddedPostgresProblem(
    `${cluster} contains files, but is not a PostgreSQL data directory. Move it away, ` +
      'or set PINTAIL_DATA_DIR to another directory.',
  );
}

export async function readPassword(cluster: string): Promise<string> {
  try {
    return (await readFile(join(cluster, passwordFile), 'utf8')).trim();
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    throw new EmbeddedPostgresProblem(
      `The file ${join(cluster, passwordFile)} is missing. The database cannot be opened without it. ` +
        'Restore it from a backup.',
    );
  }
}

// The layout of the data directory, and the owner of its files.
import {
  access,
  chmod,
  chown,
  constants,
  copyFile,
  lchown,
  mkdir,
  readdir,
  stat,
  truncate,
} from 'node:fs/promises';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { hasCode } from './failures.ts';
import { type ServerUser, serverUser } from './server-user.ts';

export interface DataDirectory {
  path: string;
  /** PostgreSQL's data directory. */
  cluster: string;
  /** Locks, the log, and clusters that are being created. */
  run: string;
  /** Held by the process that starts or stops the server. */
  startLock: string;
  /** Shared by all processes that use the server. */
  usersLock: string;
  logFile: string;
}

const logBytesMax = 5_000_000;

/** Creates missing directories. @throws Error when the directory is not writable */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  const run = join(path, 'postgres-run');
  // Searchable by everyone, because the server's user works on a cluster below it.
  await mkdir(run, { recursive: true, mode: 0o711 });
  await access(run, constants.W_OK | constants.X_OK);
  const directory = {
    path,
    cluster: join(path, 'postgres'),
    run,
    startLock: join(run, 'start.lock'),
    usersLock: join(run, 'users.lock'),
    logFile: join(run, 'postgres.log'),
  };
  for (const file of [directory.startLock, directory.usersLock, directory.logFile]) {
    await access(file, constants.R_OK | constants.W_OK).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error;
    });
  }
  return directory;
}

/** Returns the user to run the server as: the owner of the cluster, or else `serverUser`. */
export async function clusterUser({ cluster }: DataDirectory): Promise<ServerUser | undefined> {
  const user = serverUser();
  const owner = await stat(cluster).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (!user || !owner || owner.uid === 0) return user;
  return { uid: owner.uid, gid: owner.gid };
}

/** Corrects the owner and mode of a cluster that was copied manually, which PostgreSQL would refuse. */
export async function claimCluster(cluster: string, user: ServerUser | undefined): Promise<void> {
  const { uid, mode } = await stat(cluster);
  if (user && uid === getuid?.()) {
    await chown(cluster, user.uid, user.gid);
    for (const entry of await readdir(cluster, { recursive: true, withFileTypes: true })) {
      await lchown(join(entry.parentPath, entry.name), user.uid, user.gid);
    }
  }
  if ((mode & 0o077) !== 0) await chmod(cluster, 0o700);
}

/** Limits the log to two files. The server opens its log for appending, so that it can be truncated. */
export async function trimLog({ logFile }: DataDirectory): Promise<void> {
  try {
    if ((await stat(logFile)).size <= logBytesMax) return;
    await copyFile(logFile, `${logFile}.1`);
    await truncate(logFile);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

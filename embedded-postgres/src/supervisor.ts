// Provides a process with the embedded PostgreSQL of a data directory. The server belongs to no process: it survives
// one that was killed, and all processes on the directory share it.
//   start.lock  one process at a time checks, starts or stops the server, so that a check holds until it has acted;
//   users.lock  shared by all processes that use the server; the last one that leaves stops the server.
// Both locks end with their process, so that a kill -9 leaves nothing to clean up. Only a kill -9 leaves the server
// running: a process that exits otherwise leaves while it exits.
import { atExit } from './at-exit.ts';
import { findBinaries } from './binaries.ts';
import { type Clock, pause, systemClock } from './clock.ts';
import { clusterVersion, createCluster } from './cluster.ts';
import {
  claimCluster,
  clusterUser,
  type DataDirectory,
  openDataDirectory,
  trimLog,
} from './data-directory.ts';
import { explainFileError } from './failures.ts';
import { databaseUrl, findServer } from './find-server.ts';
import { type Lock, tryLock, waitForLock, waitForLockNow } from './lock.ts';
import type { Log } from './log.ts';
import { isProgramGone, isServerOf, readPostmasterFile } from './postmaster-pid.ts';
import { EmbeddedPostgresProblem } from './problem.ts';
import { type Server, startServer, stopServer, stopServerNow } from './server.ts';

export interface EmbeddedPostgres {
  /** Contains the password. */
  url: string;
  /** Whether the server was already running. */
  adopted: boolean;
  /** Leaves the server, and stops it when no other process uses it. Safe to call more than once. */
  stop(): Promise<void>;
}

export interface StartEmbeddedPostgres {
  /** Must exist. */
  dataDir: string;
  log: Log;
  /** Its timer watches the server. */
  clock?: Clock;
  /** Cancels the start: stops everything that was started for it, and rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** The package with PostgreSQL's programs. Default: that for this platform. */
  packageFolder?: string;
  /** How long a running server may be unresponsive before it is restarted. */
  responseTimeoutMs?: number;
  /** How long a server that others use may be unavailable before the start fails. */
  absenceTimeoutMs?: number;
}

type Settings = Required<Omit<StartEmbeddedPostgres, 'packageFolder' | 'signal'>> &
  Pick<StartEmbeddedPostgres, 'packageFolder' | 'signal'> & { directory: DataDirectory; held: Held };

/** The locks that this process holds. */
interface Held {
  start?: Lock | undefined;
  /** The share of users.lock. */
  share?: Lock | undefined;
}

/** More than the start of a server with a long recovery. */
const startLockTimeoutMs = 180_000;
/** Another process stops in less; one that takes longer is starting, and will find the server. */
const startLockTimeoutAtExitMs = 2_000;
const watchPeriodMs = 2_000;
const pollMs = 50;

export async function startEmbeddedPostgres(start: StartEmbeddedPostgres): Promise<EmbeddedPostgres> {
  try {
    return await use({
      clock: systemClock,
      responseTimeoutMs: 10_000,
      absenceTimeoutMs: 15_000,
      ...start,
      directory: await openDataDirectory(start.dataDir),
      held: {},
    });
  } catch (error) {
    throw explainFileError(error, start.dataDir);
  }
}

async function use(settings: Settings): Promise<EmbeddedPostgres> {
  const forget = atExit(() => leaveAtExit(settings));
  try {
    const { server, adopted } = await enter(settings);
    const url = await databaseUrl(settings.directory.cluster, server.port);
    const watch = watchServer(settings, server);
    let left: Promise<void> | undefined;
    return {
      url,
      adopted,
      stop() {
        left ??= watch
          .end()
          .then(() => leave(settings))
          .finally(forget);
        return left;
      },
    };
  } catch (error) {
    if (settings.held.share) await leave(settings);
    forget();
    throw error;
  }
}

interface Entry {
  server: Server;
  adopted: boolean;
}

async function enter(settings: Settings): Promise<Entry> {
  const { directory, absenceTimeoutMs, held, signal } = settings;
  const deadline = performance.now() + absenceTimeoutMs;
  for (;;) {
    const entry = await withStartLock(settings, async () => {
      let running = await findServer({ ...settings, cluster: directory.cluster });
      if (running && isUnused(directory) && isProgramGone(running.pid)) {
        await stopServer(running.pid);
        running = undefined;
      }
      // Other processes use a server that this one does not see. It may have died: they restart it. Or it runs in
      // another container that mounts the same directory: a second server would destroy the data.
      if (!running && !isUnused(directory)) return undefined;
      const server = running ?? (await startNew(settings));
      held.share = tryLock(directory.usersLock, 'shared');
      if (!held.share)
        throw new Error(`${directory.usersLock} is held by a process that does not hold start.lock.`);
      return { server, adopted: running !== undefined };
    });
    if (entry) return entry;
    if (performance.now() > deadline) {
      throw new EmbeddedPostgresProblem(
        `Another Pintail uses the data directory ${directory.path}, with a database that is not visible from ` +
          'here; it may run in another container. Stop it, or set PINTAIL_DATA_DIR to a separate directory.',
      );
    }
    signal?.throwIfAborted();
    await pause(pollMs);
  }
}

async function leave(settings: Settings): Promise<void> {
  const { directory, held, log } = settings;
  // A canceled start must be cleaned up too.
  await withStartLock({ ...settings, signal: undefined }, async () => {
    held.share?.release();
    held.share = undefined;
    if (!isUnused(directory)) return;
    const file = readPostmasterFile(directory.cluster);
    if (!file || !isServerOf(file.pid, directory.cluster)) return;
    await stopServer(file.pid);
    log.debug('stopped the embedded database');
  });
}

/** `leave` for a process that exits at any moment: a forced stop, an uncaught error. */
function leaveAtExit({ directory, held, log }: Settings): void {
  // Without either lock, this process only waited for others, which handle the server.
  if (!held.start && !held.share) return;
  try {
    held.start ??= waitForLockNow(directory.startLock, 'exclusive', startLockTimeoutAtExitMs);
    if (!held.start) return;
    held.share?.release();
    if (!isUnused(directory)) return;
    const file = readPostmasterFile(directory.cluster);
    if (file && isServerOf(file.pid, directory.cluster)) stopServerNow(file.pid);
  } catch (error) {
    log.error({ err: error }, 'the embedded database may have been left running');
  }
}

/** Runs `act` while no other process checks, starts or stops the server. */
async function withStartLock<T>(
  { directory: { startLock, path }, held, signal }: Settings,
  act: () => Promise<T>,
): Promise<T> {
  const lock = await waitForLock(startLock, 'exclusive', startLockTimeoutMs, signal);
  if (!lock) {
    throw new EmbeddedPostgresProblem(
      `Another Pintail process has been starting or stopping the database in ${path} for ` +
        `${startLockTimeoutMs / 60_000} minutes. Stop it, then retry.`,
    );
  }
  held.start = lock;
  try {
    return await act();
  } finally {
    held.start = undefined;
    lock.release();
  }
}

/** Whether no process uses the server. Shares are acquired only with start.lock, so the result holds until its release. */
function isUnused({ usersLock }: DataDirectory): boolean {
  const lock = tryLock(usersLock, 'exclusive');
  lock?.release();
  return lock !== undefined;
}

async function startNew(settings: Settings, port?: number): Promise<Server> {
  const { directory, log, packageFolder, signal } = settings;
  const { cluster, run, logFile } = directory;
  const user = await clusterUser(directory);
  const binaries = await findBinaries({
    user,
    copyTo: directory.path,
    log,
    ...(packageFolder && { packageFolder }),
  });
  const version = await clusterVersion(cluster);
  if (version === undefined) {
    await createCluster({ cluster, staging: run, binaries, user, durable: true, signal });
    log.info({ directory: directory.path }, 'created the embedded database');
  } else if (version !== binaries.major) {
    throw new EmbeddedPostgresProblem(
      `The database in ${cluster} was created by PostgreSQL ${version}; this version of Pintail includes ` +
        `PostgreSQL ${binaries.major}, which cannot read it. Start the version of Pintail that created it, ` +
        'or move the directory away to start with an empty database.',
    );
  }
  await claimCluster(cluster, user);
  await trimLog(directory);
  return startServer({ cluster, binaries, user, logFile, log, durable: true, signal, ...(port && { port }) });
}

/** Restarts the server when it has died, on the same port, so that connection pools reconnect automatically. */
function watchServer(entered: Settings, first: Server): { end(): Promise<void> } {
  const { directory, clock, log } = entered;
  const ended = new AbortController();
  const settings = { ...entered, signal: ended.signal };
  let { pid } = first;
  let check: Promise<void> | undefined;

  async function checkServer(): Promise<void> {
    await trimLog(directory);
    if (isServerOf(pid, directory.cluster)) return;
    await withStartLock(settings, async () => {
      ended.signal.throwIfAborted();
      const running = await findServer({ ...settings, cluster: directory.cluster });
      const server = running ?? (await startNew(settings, first.port));
      pid = server.pid;
      if (server.port === first.port) {
        log.warn('the embedded database died and was restarted');
      } else {
        log.error('the embedded database died, and its port is in use now; restart Pintail');
      }
    });
  }

  const cancel = clock.every(watchPeriodMs, () => {
    check ??= checkServer()
      .catch((error: unknown) => {
        if (ended.signal.aborted) return;
        log.error({ err: error }, 'the embedded database cannot be restarted');
      })
      .finally(() => {
        check = undefined;
      });
  });
  return {
    async end() {
      ended.abort();
      cancel();
      await check;
    },
  };
}

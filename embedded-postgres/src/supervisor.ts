// Gives a process of Pintail the embedded PostgreSQL of a data directory. The server belongs to no process: it
// outlives one that was killed, and all processes on the directory share it.
//   start.lock  one process at a time looks, starts or stops, so that what it saw holds until it has acted;
//   users.lock  shared by all who use the server; who finds itself alone when it leaves stops the server.
// Both locks end with their process, so that a kill -9 leaves nothing to clean up. Only a kill -9 leaves the server
// running: a process that exits without having left does so on its way out.

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
  /** The server was running already. */
  adopted: boolean;
  /** Leaves the server, and stops it if nobody else uses it. May be called more than once. */
  stop(): Promise<void>;
}

export interface StartEmbeddedPostgres {
  /** Made by the caller. */
  dataDir: string;
  log: Log;
  /** Its timer watches the server. */
  clock?: Clock;
  /** Gives up the start: what has been started for it is ended, and the promise fails with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** PostgreSQL's programs, if not those of the package for this platform. */
  packageFolder?: string;
  /** For how long a running server may leave us without an answer before it is restarted. */
  answerPatienceMs?: number;
  /** For how long a server that others use may be away before we give up. */
  absencePatienceMs?: number;
}

type Settings = Required<Omit<StartEmbeddedPostgres, 'packageFolder' | 'signal'>> &
  Pick<StartEmbeddedPostgres, 'packageFolder' | 'signal'> & { directory: DataDirectory; held: Held };

/** The locks that this process has at the moment. */
interface Held {
  turn?: Lock | undefined;
  /** Our share of users.lock. */
  share?: Lock | undefined;
}

/** More than the start of a server that has much to recover. */
const turnPatienceMs = 180_000;
/** Another process stops in less; one that takes longer is starting, and will find the server. */
const turnPatienceAtExitMs = 2_000;
const watchPeriodMs = 2_000;
const pollMs = 50;

export async function startEmbeddedPostgres(start: StartEmbeddedPostgres): Promise<EmbeddedPostgres> {
  try {
    return await use({
      clock: systemClock,
      answerPatienceMs: 10_000,
      absencePatienceMs: 15_000,
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
  const { directory, absencePatienceMs, held, signal } = settings;
  const deadline = performance.now() + absencePatienceMs;
  for (;;) {
    const entry = await inTurn(settings, async () => {
      let existing = await findServer({ ...settings, cluster: directory.cluster });
      if (existing && isUnused(directory) && isProgramGone(existing.pid)) {
        await stopServer(existing.pid);
        existing = undefined;
      }
      // Others use a server that we do not see. It may have died: they start it again. Or it runs in another
      // container, on a directory that both have mounted: a second server would destroy the data.
      if (!existing && !isUnused(directory)) return undefined;
      const server = existing ?? (await startNew(settings));
      held.share = tryLock(directory.usersLock, 'shared');
      if (!held.share)
        throw new Error(`${directory.usersLock} is held by a process that it was not its turn for.`);
      return { server, adopted: existing !== undefined };
    });
    if (entry) return entry;
    if (performance.now() > deadline) {
      throw new EmbeddedPostgresProblem(
        `Another Pintail uses the data directory ${directory.path}, with a database that cannot be seen from ` +
          'here; perhaps it runs in another container. Stop it, or give this one a PINTAIL_DATA_DIR of its own.',
      );
    }
    signal?.throwIfAborted();
    await pause(pollMs);
  }
}

async function leave(settings: Settings): Promise<void> {
  const { directory, held, log } = settings;
  // However the start was given up, what it began is ended.
  await inTurn({ ...settings, signal: undefined }, async () => {
    held.share?.release();
    held.share = undefined;
    if (!isUnused(directory)) return;
    const file = readPostmasterFile(directory.cluster);
    if (!file || !isServerOf(file.pid, directory.cluster)) return;
    await stopServer(file.pid);
    log.debug('the embedded database was stopped');
  });
}

/** `leave` for a process that exits in the middle of anything: a forced stop, an uncaught error. */
function leaveAtExit({ directory, held, log }: Settings): void {
  // Without either lock we only waited for others, who see to the server.
  if (!held.turn && !held.share) return;
  try {
    held.turn ??= waitForLockNow(directory.startLock, 'exclusive', turnPatienceAtExitMs);
    if (!held.turn) return;
    held.share?.release();
    if (!isUnused(directory)) return;
    const file = readPostmasterFile(directory.cluster);
    if (file && isServerOf(file.pid, directory.cluster)) stopServerNow(file.pid);
  } catch (error) {
    log.error({ err: error }, 'the embedded database may have been left running');
  }
}

/** Runs `act` while no other process looks at, starts or stops the server. */
async function inTurn<T>(
  { directory: { startLock, path }, held, signal }: Settings,
  act: () => Promise<T>,
): Promise<T> {
  const turn = await waitForLock(startLock, 'exclusive', turnPatienceMs, signal);
  if (!turn) {
    throw new EmbeddedPostgresProblem(
      `Another Pintail process has been starting or stopping the database in ${path} for ` +
        `${turnPatienceMs / 60_000} minutes. End it and try again.`,
    );
  }
  held.turn = turn;
  try {
    return await act();
  } finally {
    held.turn = undefined;
    turn.release();
  }
}

/** Shares are taken in turn only, so that the answer holds for the rest of ours. */
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
    await createCluster({ cluster, workshop: run, binaries, user, durable: true, signal });
    log.info({ directory: directory.path }, 'made the embedded database');
  } else if (version !== binaries.major) {
    throw new EmbeddedPostgresProblem(
      `The database in ${cluster} was made by PostgreSQL ${version}; this version of Pintail brings ` +
        `PostgreSQL ${binaries.major}, which cannot read it. Start the version of Pintail that made it, ` +
        'or move the directory away to begin with an empty database.',
    );
  }
  await claimCluster(cluster, user);
  await trimLog(directory);
  return startServer({ cluster, binaries, user, logFile, log, durable: true, signal, ...(port && { port }) });
}

/** Starts the server again when it has died, on the same port: the pools out there reconnect by themselves. */
function watchServer(entered: Settings, first: Server): { end(): Promise<void> } {
  const { directory, clock, log } = entered;
  const ended = new AbortController();
  const settings = { ...entered, signal: ended.signal };
  let { pid } = first;
  let look: Promise<void> | undefined;

  async function lookAfter(): Promise<void> {
    await trimLog(directory);
    if (isServerOf(pid, directory.cluster)) return;
    await inTurn(settings, async () => {
      ended.signal.throwIfAborted();
      const existing = await findServer({ ...settings, cluster: directory.cluster });
      const server = existing ?? (await startNew(settings, first.port));
      pid = server.pid;
      if (server.port === first.port) {
        log.warn('the embedded database had died and was started again');
      } else {
        log.error('the embedded database had died and could not get its port back; restart Pintail');
      }
    });
  }

  const cancel = clock.every(watchPeriodMs, () => {
    look ??= lookAfter()
      .catch((error: unknown) => {
        if (ended.signal.aborted) return;
        log.error({ err: error }, 'the embedded database cannot be started again');
      })
      .finally(() => {
        look = undefined;
      });
  });
  return {
    async end() {
      ended.abort();
      cancel();
      await look;
    },
  };
}

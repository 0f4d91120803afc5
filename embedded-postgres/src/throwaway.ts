// A server for tests, scripts and benchmarks, in a directory of its own that is removed with it. It does not wait for
// the disk, unless that is what is measured.
import { rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './at-exit.ts';
import { findBinaries } from './binaries.ts';
import { pause } from './clock.ts';
import { createCluster, ownDatabase, ownRole, readPassword, superuser } from './cluster.ts';
import type { Log } from './log.ts';
import { isAlive, isServerOf, readPostmasterFile } from './postmaster-pid.ts';
import { startServer, stopServer } from './server.ts';
import { serverUser } from './server-user.ts';

export interface ThrowawayServer {
  /** As the role that owns Pintail's database, which is what production uses. */
  url: string;
  superuserUrl: string;
  /** The server's first process, whose children do the work. */
  readonly pid: number;
  folder: string;
  /** Kills the server (SIGKILL) and waits until it is gone, for tests of what its users do then. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface StartThrowaway {
  log: Log;
  /** Part of the folder's name, for people. */
  name: string;
  /** For a test with another version's programs. */
  packageFolder?: string;
  /** Production's settings: it writes to disk. */
  durable?: boolean;
}

const pollMs = 5;
const prefix = 'pintail-';
/** Holds the number of the process that will remove the folder. */
const ownerFile = 'owner';

/** A folder that is swept away, with the servers in it, once this process has ended without removing it. */
export async function createThrowawayFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${name}-`));
  // Open for passing through, so that under root the server's user reaches what it owns below.
  await chmod(folder, 0o711);
  await writeFile(join(folder, ownerFile), String(process.pid));
  return folder;
}

export async function startThrowawayServer(start: StartThrowaway): Promise<ThrowawayServer> {
  const { log, name, packageFolder, durable = false } = start;
  const user = serverUser();
  const folder = await createThrowawayFolder(name);
  try {
    const cluster = join(folder, 'postgres');
    const workshop = join(folder, 'run');
    await mkdir(workshop, { mode: 0o711 });
    const binaries = await findBinaries({
      user,
      copyTo: folder,
      log,
      ...(packageFolder && { packageFolder }),
    });
    await createCluster({ cluster, workshop, binaries, user, durable });
    const logFile = join(folder, 'postgres.log');
    const settings = { cluster, binaries, user, logFile, log, durable };
    const server = await startServer(settings);
    const { port } = server;
    let { pid } = server;
    const password = await readPassword(cluster);
    // For a process that leaves in a hurry, after Ctrl-C for example.
    const cancelAbandon = atExit(() => abandonServer(pid, folder));
    return {
      url: `postgres://${ownRole}:${password}@127.0.0.1:${port}/${ownDatabase}`,
      superuserUrl: `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`,
      get pid() {
        return pid;
      },
      folder,
      async kill() {
        process.kill(pid, 'SIGKILL');
        while (isAlive(pid)) await pause(pollMs);
      },
      async restart() {
        const restarted = await startServer({ ...settings, port });
        pid = restarted.pid;
        // Its users know this address only.
        if (restarted.port !== port) throw new Error(`Port ${port} was taken while the server was away.`);
      },
      async stop() {
        cancelAbandon();
        await stopServer(pid);
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** What cannot be awaited in a process that exits. What remains is swept by the next one. */
function abandonServer(pid: number, folder: string): void {
  try {
    process.kill(pid, 'SIGQUIT');
    // Tried again while the server still writes; the owner's number goes last, as in sweepFolder.
    rmSync(join(folder, 'postgres'), { recursive: true, force: true, maxRetries: 20, retryDelay: 10 });
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // It still wrote.
  }
}

/** Stops and removes what processes that were killed have left behind. */
export async function sweepThrowawayServers(): Promise<void> {
  for (const entry of await readdir(tmpdir())) {
    if (!entry.startsWith(prefix)) continue;
    const folder = join(tmpdir(), entry);
    const owner = Number(await readFile(join(folder, ownerFile), 'utf8').catch(() => ''));
    // Without an owner it is something else, or is being made this moment.
    if (!owner || isAlive(owner)) continue;
    // Somebody else's folder stays; one that is still written to is for the next sweep.
    await sweepFolder(folder).catch(() => undefined);
  }
}

async function sweepFolder(folder: string): Promise<void> {
  const inside = (await readdir(folder))
    .filter((name) => name !== ownerFile)
    .map((name) => join(folder, name));
  // Tests of the embedded database have several directories in theirs.
  for (const directory of [folder, ...inside]) {
    const cluster = join(directory, 'postgres');
    const file = readPostmasterFile(cluster);
    if (file && isServerOf(file.pid, cluster)) await stopServer(file.pid);
  }
  // The owner's number goes last: a folder without it is not recognised.
  for (const path of inside) await rm(path, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
}

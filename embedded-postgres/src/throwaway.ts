// A server for tests, scripts and benchmarks, in a directory that is removed with it. It does not flush to disk, unless
// `durable` is set.
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
  /** Connects as the owner of Pintail's database, as in production. */
  url: string;
  superuserUrl: string;
  /** The pid of the postmaster, whose children do the work. */
  readonly pid: number;
  folder: string;
  /** Kills the server (SIGKILL) and waits until it has ended. */
  kill(): Promise<void>;
  /** Restarts the server after `kill`, on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface StartThrowaway {
  log: Log;
  /** Part of the folder's name, for people. */
  name: string;
  /** The package with PostgreSQL's programs, for tests with another version. */
  packageFolder?: string;
  /** Production settings: flushes to disk. Default: false. */
  durable?: boolean;
}

const pollMs = 5;
const prefix = 'pintail-';
/** Contains the id of the process that will remove the folder. */
const ownerFile = 'owner';

/** Creates a folder that the next sweep removes, with the servers in it, if this process ends without removing it. */
export async function createThrowawayFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${name}-`));
  // Searchable by everyone, so that under root the server's user reaches its files below.
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
    const staging = join(folder, 'run');
    await mkdir(staging, { mode: 0o711 });
    const binaries = await findBinaries({
      user,
      copyTo: folder,
      log,
      ...(packageFolder && { packageFolder }),
    });
    await createCluster({ cluster, staging, binaries, user, durable });
    const logFile = join(folder, 'postgres.log');
    const settings = { cluster, binaries, user, logFile, log, durable };
    const server = await startServer(settings);
    const { port } = server;
    let { pid } = server;
    const password = await readPassword(cluster);
    // For a process that exits without stopping the server, after Ctrl+C for example.
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
        // Clients have this address.
        if (restarted.port !== port)
          throw new Error(`Port ${port} was used by another program while the server was down.`);
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

/** Removes as much as possible without awaiting, in a process that exits. The next sweep removes the remainder. */
function abandonServer(pid: number, folder: string): void {
  try {
    process.kill(pid, 'SIGQUIT');
    // Retries while the server still writes. The owner file is removed last, as in sweepFolder.
    rmSync(join(folder, 'postgres'), { recursive: true, force: true, maxRetries: 20, retryDelay: 10 });
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // The server still wrote.
  }
}

/** Stops the servers and removes the folders of processes that were killed. */
export async function sweepThrowawayServers(): Promise<void> {
  for (const entry of await readdir(tmpdir())) {
    if (!entry.startsWith(prefix)) continue;
    const folder = join(tmpdir(), entry);
    const owner = Number(await readFile(join(folder, ownerFile), 'utf8').catch(() => ''));
    // Without an owner it is another folder, or is being created at this moment.
    if (!owner || isAlive(owner)) continue;
    // The folder of another user remains; one that is still written to is left for the next sweep.
    await sweepFolder(folder).catch(() => undefined);
  }
}

async function sweepFolder(folder: string): Promise<void> {
  const inside = (await readdir(folder))
    .filter((name) => name !== ownerFile)
    .map((name) => join(folder, name));
  // Folders of the embedded database's tests contain several data directories.
  for (const directory of [folder, ...inside]) {
    const cluster = join(directory, 'postgres');
    const file = readPostmasterFile(cluster);
    if (file && isServerOf(file.pid, cluster)) await stopServer(file.pid);
  }
  // The owner file is removed last: without it, a folder is not recognized.
  for (const path of inside) await rm(path, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
}

// A server for tests and scripts, in a directory of its own that goes away with it. It never writes to disk on
// purpose: nothing in it is worth keeping.
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../log.ts';
import { findBinaries } from './binaries.ts';
import { createCluster, ownDatabase, ownRole, readPassword, superuser } from './cluster.ts';
import { isAlive, isServerOf, readPostmasterFile } from './postmaster-pid.ts';
import { startServer, stopServer } from './server.ts';
import { serverUser } from './server-user.ts';

export interface ThrowawayServer {
  /** As the role that owns Pintail's database, which is what production uses. */
  url: string;
  superuserUrl: string;
  pid: number;
  folder: string;
  stop(): Promise<void>;
}

export interface StartThrowaway {
  log: Log;
  /** Part of the folder's name, for people. */
  name: string;
  /** For a test with another version's programs. */
  packageFolder?: string;
}

const prefix = 'pintail-';
/** Holds the number of the process that will stop the server. */
const ownerFile = 'owner';

export async function startThrowawayServer({
  log,
  name,
  packageFolder,
}: StartThrowaway): Promise<ThrowawayServer> {
  const user = serverUser();
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${name}-`));
  try {
    await chmod(folder, 0o711);
    await writeFile(join(folder, ownerFile), String(process.pid));
    const cluster = join(folder, 'postgres');
    const workshop = join(folder, 'run');
    await mkdir(workshop, { mode: 0o711 });
    const binaries = await findBinaries({
      user,
      copyTo: folder,
      log,
      ...(packageFolder && { packageFolder }),
    });
    await createCluster({ cluster, workshop, binaries, user, durable: false });
    const logFile = join(folder, 'postgres.log');
    const { pid, port } = await startServer({ cluster, binaries, user, logFile, log, durable: false });
    const password = await readPassword(cluster);
    return {
      url: `postgres://${ownRole}:${password}@127.0.0.1:${port}/${ownDatabase}`,
      superuserUrl: `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`,
      pid,
      folder,
      async stop() {
        await stopServer(pid);
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Stops and removes what processes that were killed have left behind. */
export async function sweepThrowawayServers(): Promise<void> {
  for (const entry of await readdir(tmpdir())) {
    if (!entry.startsWith(prefix)) continue;
    const folder = join(tmpdir(), entry);
    const owner = Number(await readFile(join(folder, ownerFile), 'utf8').catch(() => ''));
    // Without an owner it is something else, or is being made this moment.
    if (!owner || (await isAlive(owner))) continue;
    const cluster = join(folder, 'postgres');
    const file = await readPostmasterFile(cluster).catch(() => undefined);
    if (file && (await isServerOf(file.pid, cluster))) await stopServer(file.pid);
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

// The long form of the chaos test: npm run chaos -- --posts 2000 --kills 100 --seed 7. Kills PostgreSQL too.
// Prints what came of it, and ends with 1 when a post was lost or published twice.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findBinaries } from '../server/src/platform/db/embedded/binaries.ts';
import {
  createCluster,
  ownDatabase,
  ownRole,
  readPassword,
} from '../server/src/platform/db/embedded/cluster.ts';
import { isAlive } from '../server/src/platform/db/embedded/postmaster-pid.ts';
import { startServer, stopServer } from '../server/src/platform/db/embedded/server.ts';
import { serverUser } from '../server/src/platform/db/embedded/server-user.ts';
import {
  createThrowawayFolder,
  sweepThrowawayServers,
} from '../server/src/platform/db/embedded/throwaway.ts';
import { migrate } from '../server/src/platform/db/index.ts';
import { createLog } from '../server/src/platform/log.ts';
import { runChaos } from '../server/test/chaos/chaos.ts';
import { anySeed } from '../server/test/chaos/seeded.ts';
import { eventually } from '../server/test/eventually.ts';

const usage = 'Usage: npm run chaos -- [--posts 2000] [--kills 100] [--seed N] [--accounts 8] [--workers 3]';

/** A server with production's settings (it writes to disk), that can be killed and comes back where it was. */
async function startDatabase() {
  const log = createLog({ level: 'error', format: 'pretty' });
  const folder = await createThrowawayFolder('chaos');
  const user = serverUser();
  const cluster = join(folder, 'postgres');
  const workshop = join(folder, 'run');
  await mkdir(workshop, { mode: 0o711 });
  const binaries = await findBinaries({ user, copyTo: folder, log });
  await createCluster({ cluster, workshop, binaries, user, durable: true });
  const start = { cluster, binaries, user, logFile: join(folder, 'postgres.log'), log, durable: true };
  let server = await startServer(start);
  const { port } = server;
  let isUp = true;
  const abandon = () => void process.kill(server.pid, 'SIGQUIT');
  process.once('exit', abandon);
  const url = `postgres://${ownRole}:${await readPassword(cluster)}@127.0.0.1:${port}/${ownDatabase}`;
  await migrate({ url, log });
  return {
    url,
    name: 'postgres',
    isUp: () => isUp,
    async kill9() {
      isUp = false;
      process.kill(server.pid, 'SIGKILL');
      await eventually('the server is gone', () => !isAlive(server.pid));
    },
    async restart() {
      server = await startServer({ ...start, port });
      // The others know this address only.
      if (server.port !== port) throw new Error(`Port ${port} was taken while the server was away.`);
      isUp = true;
    },
    async stop() {
      process.off('exit', abandon);
      await stopServer(server.pid);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      posts: { type: 'string', default: '2000' },
      kills: { type: 'string', default: '100' },
      seed: { type: 'string', default: String(anySeed()) },
      accounts: { type: 'string', default: '8' },
      workers: { type: 'string', default: '3' },
    },
  });
  const numbers = {
    posts: Number(values.posts),
    kills: Number(values.kills),
    seed: Number(values.seed),
    accounts: Number(values.accounts),
    workers: Number(values.workers),
  };
  const areFit = Object.values(numbers).every((value) => Number.isInteger(value) && value >= 0);
  if (!areFit || numbers.accounts < 1 || numbers.workers < 1 || numbers.posts < 1) throw new Error(usage);
  return numbers;
}

async function main(): Promise<void> {
  const options = readArguments();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  console.log(
    `seed ${options.seed}: ${options.posts} posts on ${options.accounts} accounts, ${options.workers} workers, ` +
      `${options.kills} times kill -9`,
  );
  await sweepThrowawayServers();
  const database = await startDatabase();
  try {
    const figures = await runChaos({
      ...options,
      databaseUrl: database.url,
      database,
      say: (line) => console.log(line),
    });
    console.log(figures);
    const isGood = figures.lost.length === 0 && figures.doubled.length === 0;
    console.log(
      isGood
        ? `seed ${figures.seed}: ${figures.accepted} posts accepted, 0 lost, 0 published twice`
        : `seed ${figures.seed}: FAILED: ${figures.lost.length} lost, ${figures.doubled.length} published twice`,
    );
    if (!isGood) process.exitCode = 1;
  } finally {
    await database.stop();
  }
}

await main();

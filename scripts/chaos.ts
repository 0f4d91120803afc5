// The long form of the chaos test: npm run chaos -- --posts 2000 --kills 100 --seed 7. Kills PostgreSQL too.
// Prints the result, and exits with 1 when a post was lost or published twice.
import { parseArgs } from 'node:util';
import { startThrowawayServer, sweepThrowawayServers } from '@pintail/embedded-postgres';
import { migrate } from '../server/src/platform/db/index.ts';
import { createLog } from '../server/src/platform/log.ts';
import { runChaos } from '../server/test/chaos/chaos.ts';
import { anySeed } from '../server/test/chaos/seeded.ts';

const usage = 'Usage: npm run chaos -- [--posts 2000] [--kills 100] [--seed N] [--accounts 8] [--workers 3]';

/** A server with production settings (it flushes to disk), that can be killed and restarted on the same port. */
async function startDatabase() {
  const log = createLog({ level: 'error', format: 'pretty' });
  const server = await startThrowawayServer({ log, name: 'chaos', durable: true });
  let isUp = true;
  await migrate({ url: server.url, log });
  return {
    url: server.url,
    name: 'postgres',
    isUp: () => isUp,
    async kill9() {
      isUp = false;
      await server.kill();
    },
    async restart() {
      await server.restart();
      isUp = true;
    },
    stop: () => server.stop(),
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
  const areValid = Object.values(numbers).every((value) => Number.isInteger(value) && value >= 0);
  if (!areValid || numbers.accounts < 1 || numbers.workers < 1 || numbers.posts < 1) throw new Error(usage);
  return numbers;
}

async function main(): Promise<void> {
  const options = readArguments();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  console.log(
    `seed ${options.seed}: ${options.posts} posts on ${options.accounts} accounts, ${options.workers} workers, ` +
      `${options.kills} kills with SIGKILL`,
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

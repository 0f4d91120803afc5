import type pg from 'pg';
import { pause } from '../../../server/src/platform/clock.ts';
import { addLaterPosts } from '../fill.ts';
import { cpuSeconds, cpuSecondsOfTree, memoryMb } from '../processes.ts';
import { row } from '../row.ts';
import { openSite } from '../site.ts';

const accounts = 10_000;
const settleMs = 5_000;
/** Long enough for everything that runs on a timer to have its turn at least once. */
const watchMs = { quick: 31_000, full: 61_000 };

export const idle = row({
  name: 'idle',
  what: `API and worker in one process with nothing to do: 1,000,000 posts stored for later (100,000 in the quick form), ${accounts.toLocaleString('en')} accounts`,
  against: 'nothing',
  figures: {
    cpu: { label: 'CPU of the server, of one processor', unit: '%', atMost: 1 },
    memory: { label: 'memory of the server', unit: 'MB', atMost: 150 },
    queries: { label: 'transactions/s in PostgreSQL', unit: '/s', atMost: 10 },
    postgres: { label: 'CPU of PostgreSQL, of one processor', unit: '%' },
  },
  async run(lab, form) {
    const site = await openSite(lab, { accounts });
    try {
      const stored = form === 'full' ? 1_000_000 : 100_000;
      await addLaterPosts(site.sql, site, stored);
      // The part that runs here would be counted with it.
      await site.installation.close();
      const server = await site.start('all');
      await site.client(server, 1).expect(200, 'GET', '/health');
      await pause(settleMs);
      const look = async () => ({
        at: performance.now(),
        server: cpuSeconds(server.pid),
        postgres: cpuSecondsOfTree(lab.postgresPid),
        transactions: await countTransactions(site.sql),
      });
      const before = await look();
      await pause(watchMs[form]);
      const after = await look();
      const seconds = (after.at - before.at) / 1000;
      return {
        values: {
          cpu: ((after.server - before.server) / seconds) * 100,
          memory: memoryMb(server.pid).now,
          queries: (after.transactions - before.transactions) / seconds,
          postgres: ((after.postgres - before.postgres) / seconds) * 100,
        },
        notes: [`${stored.toLocaleString('en')} posts stored; watched for ${Math.round(seconds)} s.`],
      };
    } finally {
      await site.close();
    }
  },
});

/** Outside of a transaction each statement is one. What asks is not counted: it asks of another database. */
async function countTransactions(sql: pg.Pool): Promise<number> {
  // Connections report what they did once a second at most.
  await pause(1_100);
  const { rows } = await sql.query<{ count: number }>(
    `select (xact_commit + xact_rollback)::float8 as count from pg_stat_database where datname = current_database()`,
  );
  return rows[0]?.count ?? Number.NaN;
}

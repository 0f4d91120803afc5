// A server with nothing to do.
import type pg from 'pg';
import { pause } from '../../../server/src/platform/clock.ts';
import { addLaterPosts } from '../fill.ts';
import { cpuSeconds, cpuSecondsOfTree, memoryMb } from '../processes.ts';
import { row } from '../row.ts';
import { openSite } from '../site.ts';

const accounts = 10_000;
const startupMs = 5_000;
/** Long enough for every timer to run at least once. */
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
      // Its transactions would be counted too.
      await site.installation.close();
      const server = await site.start('all');
      await site.client(server, 1).expect(200, 'GET', '/health');
      await pause(startupMs);
      const read = async () => ({
        at: performance.now(),
        server: cpuSeconds(server.pid),
        postgres: cpuSecondsOfTree(lab.postgresPid),
        transactions: await countTransactions(site.sql),
      });
      const first = await read();
      await pause(watchMs[form]);
      const last = await read();
      const seconds = (last.at - first.at) / 1000;
      return {
        values: {
          cpu: ((last.server - first.server) / seconds) * 100,
          memory: memoryMb(server.pid).now,
          queries: (last.transactions - first.transactions) / seconds,
          postgres: ((last.postgres - first.postgres) / seconds) * 100,
        },
        notes: [`${stored.toLocaleString('en')} posts stored; observed for ${Math.round(seconds)} s.`],
      };
    } finally {
      await site.close();
    }
  },
});

/** Returns the number of transactions so far; a statement outside of a transaction counts as one. */
async function countTransactions(sql: pg.Pool): Promise<number> {
  // Connections report their statistics at most once a second.
  await pause(1_100);
  const { rows } = await sql.query<{ count: number }>(
    `select (xact_commit + xact_rollback)::float8 as count from pg_stat_database where datname = current_database()`,
  );
  return rows[0]?.count ?? Number.NaN;
}

// An external PostgreSQL: dumped and restored with its own tools, then made safe by `restore --taken-at`.
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { locatePackage, startThrowawayServer } from '@pintail/embedded-postgres';
import pg from 'pg';
import { expect, test, vi } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/app.ts';
import { createApp } from '../../app.ts';
import { addMs, systemClock } from '../../platform/clock.ts';
import { migrate, openDatabase, sql } from '../../platform/db/index.ts';
import { createLog } from '../../platform/log.ts';

vi.setConfig({ testTimeout: 60_000 });

const log = createLog({ level: 'silent', format: 'json' });
const run = promisify(execFile);
// The oldest supported PostgreSQL, which tools of every version can read.
const packageFolder = locatePackage('postgres-14-linux-x64');
const hasTools = ['pg_dump', 'pg_restore'].every((tool) => spawnSync(tool, ['--version']).status === 0);
const isPossible = hasTools && packageFolder !== undefined;
if (!isPossible) console.log('SKIPPED: pg_dump, pg_restore or PostgreSQL 14 is not installed');

const minute = 60_000;

async function inDatabase(url: string, name: string) {
  const own = Object.assign(new URL(url), { pathname: `/${name}` }).href;
  const database = openDatabase({ url: own, log });
  return { url: own, database, drop: () => database.close() };
}

async function restoreCommand(app: TestApp, url: string, takenAt: Date): Promise<string> {
  const program = new URL('../../../bin/pintail.js', import.meta.url).pathname;
  const args = [program, 'restore', '--taken-at', takenAt.toISOString()];
  const env = {
    PATH: process.env.PATH ?? '',
    DATABASE_URL: url,
    PINTAIL_DATA_DIR: app.parts.config.dataDir,
    PINTAIL_ENCRYPTION_KEY: '22'.repeat(32),
  };
  return (await run(process.execPath, args, { env })).stdout;
}

test.skipIf(!isPossible)(
  'a post that was published after a dump is found on Pinterest after the restore, and not published twice',
  async () => {
    const server = await startThrowawayServer({ log, name: 'dump', ...(packageFolder && { packageFolder }) });
    try {
      const admin = new pg.Client({ connectionString: server.superuserUrl });
      await admin.connect();
      for (const name of ['one', 'two']) await admin.query(`create database ${name} owner pintail`);
      await admin.end();
      const one = await inDatabase(server.url, 'one');
      await migrate({ url: one.url, log });
      const takenAt = addMs(systemClock.now(), -10 * minute);
      const app = await createTestApp({
        testDatabase: one,
        now: takenAt,
        config: { encryptionKey: Buffer.alloc(32, 0x22) },
      });
      const account = await app.connectAccount();
      const published = await app.createPost(account, { title: 'out after the dump' });
      const later = await app.createPost(account, {
        title: 'due in an hour',
        sendAt: addMs(takenAt, 70 * minute).toISOString(),
      });

      const dump = join(app.parts.config.dataDir, 'pintail.dump');
      await run('pg_dump', ['--format=custom', `--file=${dump}`, one.url]);
      app.clock.advance(2 * minute);
      await app.app.createWorker().runDue();
      expect(await app.pins()).toHaveLength(1);

      const two = await inDatabase(server.url, 'two');
      await run('pg_restore', ['--no-owner', `--dbname=${two.url}`, dump]);
      expect(await restoreCommand(app, two.url, takenAt)).toMatch(/before they are published: 1\./);
      const statistics = await sql`select from pg_stats where tablename = 'posts'`.execute(two.database.db);
      expect(statistics.rows).not.toEqual([]);
      const restored = await createApp({ ...app.parts, database: two.database });
      const worker = restored.createWorker();
      for (const minutes of [9, 1, 3, 11]) {
        app.clock.advance(minutes * minute);
        await worker.runDue();
      }
      const rows = await two.database.db.selectFrom('posts').select(['id', 'state']).orderBy('id').execute();
      expect(rows).toEqual([
        { id: published.id, state: 'sent' },
        { id: later.id, state: 'queued' },
      ]);
      expect(await app.pins()).toHaveLength(1);
      await two.drop();
      await app.stop();
    } finally {
      await server.stop();
    }
  },
);

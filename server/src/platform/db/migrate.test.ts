import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts';
import { eventually } from '../../../test/eventually.ts';
import { createLog } from '../log.ts';
import { requireVersion } from './connect/preflight.ts';
import { SetupProblem, sql } from './index.ts';
import { migrate } from './migrate.ts';

const log = createLog({ level: 'silent', format: 'json' });
let testing: TestDatabase;
let folder: string;

beforeEach(async () => {
  testing = await createTestDatabase({ empty: true });
  folder = await mkdtemp(join(tmpdir(), 'pintail-migrations-'));
});
afterEach(async () => {
  await testing.drop();
  await rm(folder, { recursive: true });
});

const write = (name: string, text: string) => writeFile(join(folder, name), text);
const run = () => migrate({ url: testing.url, log, folder });

async function rowsOf(query: string): Promise<unknown[]> {
  return (await testing.database.pool.query(query)).rows;
}

/** Returns the number of connections to this database that wait for a lock. */
const locksWaitedFor = async () =>
  (
    await rowsOf(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    )
  ).length;

describe('migrations', () => {
  test('migrations are applied in the order of their numbers, each once', async () => {
    await write('0002_rows.sql', "insert into log values ('second')");
    await write('0001_table.sql', "create table log (entry text); insert into log values ('first')");
    expect(await run()).toEqual({ applied: ['0001_table.sql', '0002_rows.sql'] });
    await write('0003_more.sql', "insert into log values ('third')");
    expect(await run()).toEqual({ applied: ['0003_more.sql'] });
    expect(await run()).toEqual({ applied: [] });
    expect(await rowsOf('select entry from log')).toEqual([
      { entry: 'first' },
      { entry: 'second' },
      { entry: 'third' },
    ]);
  });

  test('migrations are applied once when many processes start together', async () => {
    await write('0001_table.sql', 'create table log (entry text)');
    // The first process is blocked in the middle until the others wait for it.
    await write('0002_held.sql', "select pg_advisory_xact_lock(1); insert into log values ('once')");
    const holder = await testing.database.pool.connect();
    await holder.query('select pg_advisory_lock(1)');
    const running = Promise.all(Array.from({ length: 6 }, run));
    const allWait = eventually('all six wait', async () => (await locksWaitedFor()) === 6);
    await Promise.race([running, allWait]).finally(async () => {
      await holder.query('select pg_advisory_unlock(1)');
      holder.release();
    });
    const results = await running;
    expect(results.map(({ applied }) => applied.length).sort()).toEqual([0, 0, 0, 0, 0, 2]);
    expect(await rowsOf('select entry from log')).toEqual([{ entry: 'once' }]);
  });

  test('a failed migration is rolled back, and the error names the line', async () => {
    await write('0001_table.sql', 'create table log (entry text)');
    await write('0002_wrong.sql', 'create table other (x text);\n\nselect * from nowhere;');
    await expect(run()).rejects.toThrow(
      'The migration 0002_wrong.sql failed at line 3: relation "nowhere" does not exist',
    );
    expect(await rowsOf('select name from migrations')).toEqual([{ name: '0001_table.sql' }]);
    expect(await rowsOf("select to_regclass('other') as other")).toEqual([{ other: null }]);
  });

  test('a migration is rolled back when its record cannot be stored', async () => {
    await write('0001_table.sql', 'create table log (entry text)');
    await run();
    // Inserts its own record, so that the runner's insert fails.
    await write(
      '0002_odd.sql',
      "create table odd (x text); insert into migrations values ('0002_odd.sql', '')",
    );
    await expect(run()).rejects.toThrow(/0002_odd.sql failed/);
    expect(await rowsOf("select to_regclass('odd') as odd")).toEqual([{ odd: null }]);
  });

  test('migrations run without the timeout of ordinary statements', async () => {
    await write('0001_look.sql', "create table seen as select current_setting('statement_timeout') as value");
    await run();
    expect(await rowsOf('select value from seen')).toEqual([{ value: '0' }]);
  });
});

describe('a history that does not match is refused with a remedy', () => {
  beforeEach(async () => {
    await write('0001_a.sql', 'create table a (x text);\n');
    await write('0003_c.sql', 'create table c (x text);\n');
    await run();
  });

  const refusal = async () => {
    const error = await run().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SetupProblem);
    return String(error);
  };

  test('a file that was changed after it was applied is refused', async () => {
    await write('0001_a.sql', 'create table a (x text, y text);\n');
    expect(await refusal()).toMatch(/0001_a.sql was changed after .* Restore the file/);
  });

  test('a file that Git checked out with other line endings is accepted', async () => {
    await write('0001_a.sql', 'create table a (x text);\r\n');
    expect(await run()).toEqual({ applied: [] });
  });

  test('a database that is newer than the code is refused', async () => {
    await rm(join(folder, '0003_c.sql'));
    expect(await refusal()).toMatch(/newer than this version .* 0003_c.sql.* Start the newer version again/);
  });

  test('a newer migration that is compatible does not stop the version before it', async () => {
    await write('0004_d.sql', '-- compatible\ncreate table d (x text);');
    await run();
    await rm(join(folder, '0004_d.sql'));
    expect(await run()).toEqual({ applied: [] });
  });

  test('a migration that waits for a lock gives up and tries again, so that it holds up nobody for long', async () => {
    const holder = await testing.database.pool.connect();
    await holder.query('begin');
    await holder.query('select from a');
    await write('0004_d.sql', 'alter table a add column y text;');
    const running = run();
    await eventually('a waiting migration', async () => (await locksWaitedFor()) === 1);
    await holder.query('commit');
    holder.release();
    expect(await running).toEqual({ applied: ['0004_d.sql'] });
  });

  test('a database from before the baseline is refused', async () => {
    await rm(join(folder, '0001_a.sql'));
    await write('0001_baseline.sql', 'create table a (x text);');
    expect(await refusal()).toMatch(/before the first release: .* 0001_a.sql.* Start with an empty database/);
    expect(await rowsOf('select name from migrations order by name')).toEqual([
      { name: '0001_a.sql' },
      { name: '0003_c.sql' },
    ]);
  });

  test('a file that comes before an applied one is refused', async () => {
    await write('0002_b.sql', 'create table b (x text)');
    expect(await refusal()).toMatch(/0002_b.sql comes before 0003_c.sql.* next free number/);
  });

  test('two files with the same number are refused', async () => {
    await write('0003_b.sql', 'create table b (x text)');
    expect(await refusal()).toMatch(/Two migrations have the number 0003/);
  });

  test('a file whose name has no number is refused', async () => {
    await write('fix.sql', 'create table b (x text)');
    expect(await refusal()).toMatch(/fix.sql must be named like/);
  });
});

describe('the version of PostgreSQL', () => {
  test('PostgreSQL 14 is accepted', () => {
    expect(() => requireVersion(140_000, '14.0')).not.toThrow();
  });

  test('PostgreSQL 13 is refused, and the error names the version', () => {
    expect(() => requireVersion(130_014, '13.14')).toThrow(
      /runs PostgreSQL 13.14; Pintail needs 14 or newer/,
    );
  });
});

test('databases of tests have all migrations of the server', async () => {
  const migrated = await createTestDatabase();
  const { rows } = await sql<{ name: string }>`select name from migrations order by name`.execute(
    migrated.database.db,
  );
  expect(rows.at(0)).toEqual({ name: '0001_baseline.sql' });
  expect(await migrate({ url: migrated.url, log })).toEqual({ applied: [] });
  await migrated.drop();
});

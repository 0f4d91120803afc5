// Upgrades a database to the schema that the code expects: numbered plain SQL files, forward only, one transaction
// each.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import pg from 'pg';
import type { Log } from '../log.ts';
import { connectForSetup } from './connect/preflight.ts';
import { asOutage, isConnectionFailure } from './connection-failure.ts';
import { jobsSchemaVersion, migrateJobsSchema } from './job-tables.queries.ts';
import { applicationName, type Database } from './open-database.ts';
import { SetupProblem } from './setup-problem.ts';

export interface Migrate {
  url: string;
  log: Log;
  /** The folder of the migrations. Tests pass another one. */
  folder?: string;
  /** Cancels waiting for the database and for other processes. */
  signal?: AbortSignal | undefined;
}

interface MigrationFile {
  name: string;
  sql: string;
  checksum: string;
  /** Its first line is `-- compatible`: the version before it can work with the database after it. */
  isCompatible: boolean;
}

interface AppliedMigration {
  name: string;
  checksum: string;
  isCompatible: boolean;
}

const ownFolder = fileURLToPath(new URL('./migrations', import.meta.url));
const fileName = /^\d{4}_[a-z0-9_]+\.sql$/;
/** An arbitrary number that no other advisory lock of this database uses. */
const migrationLock = 7_265_311;
const lockTimeoutMs = 5_000;
const lockTriesMax = 60;

/** Applies the missing migrations in order. Any number of processes may call this at once. */
export async function migrate({
  url,
  log,
  folder = ownFolder,
  signal,
}: Migrate): Promise<{ applied: string[] }> {
  const files = await readMigrations(folder);
  const client = await connectForSetup({ url, log, applicationName, signal });
  const cancel = () => void client.end().catch(() => undefined);
  signal?.addEventListener('abort', cancel);
  try {
    await client.query(`set lock_timeout = '${lockTimeoutMs}ms'`);
    await lockMigrations(client, log);
    await client.query(`create table if not exists migrations (
      name text primary key,
      checksum text not null,
      -- The version before this migration can work with the database after it.
      is_compatible boolean not null default false,
      applied_at timestamptz not null default now()
    )`);
    const { rows } = await client.query<AppliedMigration>(
      'select name, checksum, is_compatible as "isCompatible" from migrations order by name collate "C"',
    );
    const missing = compare(files, rows);
    for (const file of missing) {
      await applyPatiently(client, file, log);
      log.info({ migration: file.name }, 'applied a migration');
    }
    const applied = missing.map((file) => file.name);
    if (folder === ownFolder && (await migrateJobsSchema(client))) {
      applied.push(`job tables, version ${jobsSchemaVersion}`);
    }
    return { applied };
  } catch (error) {
    signal?.throwIfAborted();
    throw asOutage(error);
  } finally {
    signal?.removeEventListener('abort', cancel);
    await client.end().catch(() => undefined);
  }
}

/**
 * Waits until no other process migrates. A session lock: it spans the transactions of the migrations and ends with the
 * connection.
 * @throws SetupProblem when the lock is not released in time
 */
async function lockMigrations(client: pg.Client, log: Log): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await client.query('select pg_advisory_lock($1)', [migrationLock]);
      return;
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      if (tries === lockTriesMax) throw lockNotReleased();
      log.warn('waiting for the migration of another process');
    }
  }
}

function lockNotReleased(): SetupProblem {
  return new SetupProblem(
    `Another process has been migrating the database for ${(lockTimeoutMs * lockTriesMax) / 60_000} minutes, or a pooler has kept its lock. ` +
      "End it, or find it: select pid from pg_locks where locktype = 'advisory' and granted;",
  );
}

/** Applies a migration. Statements that wait for a lock give up after some seconds, so that they do not hold up all others. */
async function applyPatiently(client: pg.Client, file: MigrationFile, log: Log): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await apply(client, file);
      return;
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      if (!isLockTimeout(cause) || tries === lockTriesMax) throw error;
      log.warn({ migration: file.name }, 'waiting for tables that other sessions use');
    }
  }
}

const isLockTimeout = (error: unknown) => error instanceof pg.DatabaseError && error.code === '55P03';

/**
 * Returns the number of migrations that this version would apply, and of applied ones that it cannot work with. A
 * running process needs this because others may have migrated the database since its start.
 */
export async function pendingMigrations({ db }: Database): Promise<{ missing: number; unknown: number }> {
  ownNames ??= (await readMigrations(ownFolder)).map(({ name }) => name);
  const { rows } = await sql<{ name: string; isCompatible: boolean }>`
    select name, is_compatible as "isCompatible" from migrations
  `.execute(db);
  const own = new Set(ownNames);
  const applied = new Set(rows.map(({ name }) => name));
  return {
    missing: ownNames.filter((name) => !applied.has(name)).length,
    unknown: rows.filter(({ name, isCompatible }) => !own.has(name) && !isCompatible).length,
  };
}

/** A cache: the files do not change while a process runs. */
let ownNames: string[] | undefined;

async function readMigrations(folder: string): Promise<MigrationFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const numbers = new Set<string>();
  for (const name of names) {
    if (!fileName.test(name)) {
      throw new SetupProblem(`The migration ${name} must be named like 0001_what_it_does.sql. Rename it.`);
    }
    const number = name.slice(0, 4);
    if (numbers.has(number)) {
      throw new SetupProblem(`Two migrations have the number ${number}. Give ${name} the next free number.`);
    }
    numbers.add(number);
  }
  return Promise.all(
    names.map(async (name) => {
      // Git may check out files with CRLF, which must not change the checksum.
      const sql = (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n');
      return {
        name,
        sql,
        checksum: createHash('sha256').update(sql).digest('hex'),
        isCompatible: sql.startsWith('-- compatible\n'),
      };
    }),
  );
}

/**
 * Returns the files to apply.
 * @throws SetupProblem unless the applied migrations are the first ones of the files, unchanged
 */
function compare(files: MigrationFile[], applied: AppliedMigration[]): MigrationFile[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  const numbers = new Set(files.map((file) => file.name.slice(0, 4)));
  for (const { name, checksum, isCompatible } of applied) {
    const file = byName.get(name);
    if (!file && isCompatible) continue;
    if (!file) throw unknownMigration(name, numbers);
    if (file.checksum !== checksum) {
      throw new SetupProblem(
        `The migration ${name} was changed after it had been applied to this database. ` +
          'Restore the file as it was, and put the change into a new migration.',
      );
    }
  }
  const last = applied.at(-1)?.name ?? '';
  const appliedNames = new Set(applied.map(({ name }) => name));
  const missing = files.filter((file) => !appliedNames.has(file.name));
  for (const { name } of missing) {
    if (name < last) {
      throw new SetupProblem(
        `The migration ${name} comes before ${last}, which is applied already. Give it the next free number.`,
      );
    }
  }
  return missing;
}

/** A migration with one of our numbers but a different name comes from a version before the baseline. */
function unknownMigration(name: string, numbers: ReadonlySet<string>): SetupProblem {
  if (numbers.has(name.slice(0, 4))) {
    return new SetupProblem(
      `The database was created by a version from before the first release: it has the migration ${name}, and cannot ` +
        'be upgraded. Start with an empty database: set a different DATABASE_URL or PINTAIL_DATA_DIR.',
    );
  }
  return new SetupProblem(
    `The database is newer than this version of Pintail: it has the migration ${name}, which this version does not ` +
      'recognize. Start the newer version again, or restore a backup from before the upgrade.',
  );
}

async function apply(client: pg.Client, file: MigrationFile): Promise<void> {
  await client.query('begin');
  try {
    await client.query(file.sql);
    await client.query('insert into migrations (name, checksum, is_compatible) values ($1, $2, $3)', [
      file.name,
      file.checksum,
      file.isCompatible,
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    if (!(error instanceof pg.DatabaseError) || isConnectionFailure(error)) throw error;
    throw new Error(
      `The migration ${file.name} failed${atLine(file.sql, error.position)}: ${error.message}`,
      {
        cause: error,
      },
    );
  }
}

/** Converts PostgreSQL's error position, which counts characters from 1, into a line number. */
function atLine(sql: string, position: string | undefined): string {
  if (!position) return '';
  return ` at line ${sql.slice(0, Number(position) - 1).split('\n').length}`;
}

// Upgrades a database to the schema that the code expects: numbered plain SQL files, forward only, one transaction
// each.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import pg from 'pg';
import type { Log } from '../log.ts';
import { asOutage, isConnectionFailure } from './connection-failure.ts';
import { jobsSchemaVersion, migrateJobsSchema } from './job-tables.queries.ts';
import { applicationName, type Database } from './open-database.ts';
import { SetupProblem } from './setup-problem.ts';

export interface Migrate {
  url: string;
  log: Log;
  /** The folder of the migrations. Tests pass another one. */
  folder?: string;
}

interface MigrationFile {
  name: string;
  sql: string;
  checksum: string;
}

interface AppliedMigration {
  name: string;
  checksum: string;
}

const ownFolder = fileURLToPath(new URL('./migrations', import.meta.url));
const fileName = /^\d{4}_[a-z0-9_]+\.sql$/;
/** The oldest version maintained when Pintail 0.1 was written. */
const versionMin = 14;
/** An arbitrary number that no other advisory lock of this database uses. */
const migrationLock = 7_265_311;

/** Applies the missing migrations in order. Any number of processes may call this at once. */
export async function migrate({ url, log, folder = ownFolder }: Migrate): Promise<{ applied: string[] }> {
  const files = await readMigrations(folder);
  const client = new pg.Client({ connectionString: url, application_name: applicationName });
  // A lost connection rejects the running query; without a listener it would also end the process.
  client.on('error', (error) =>
    log.warn({ reason: error.message }, 'the connection for migrations was lost'),
  );
  try {
    await client.connect();
    await checkVersion(client);
    // A session lock: it spans the transactions below and ends with the connection.
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    await client.query(`create table if not exists migrations (
      name text primary key,
      checksum text not null,
      applied_at timestamptz not null default now()
    )`);
    const { rows } = await client.query<AppliedMigration>(
      'select name, checksum from migrations order by name collate "C"',
    );
    const missing = compare(files, rows);
    for (const file of missing) {
      await apply(client, file);
      log.info({ migration: file.name }, 'applied a migration');
    }
    const applied = missing.map((file) => file.name);
    if (folder === ownFolder && (await migrateJobsSchema(client))) {
      applied.push(`job tables, version ${jobsSchemaVersion}`);
    }
    return { applied };
  } catch (error) {
    throw asOutage(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Returns the number of migrations that this version would apply, and of applied ones that it does not recognize. A
 * running process needs this because others may have migrated the database since its start.
 */
export async function pendingMigrations({ db }: Database): Promise<{ missing: number; unknown: number }> {
  ownNames ??= (await readMigrations(ownFolder)).map(({ name }) => name);
  const { rows } = await sql<{ name: string }>`select name from migrations`.execute(db);
  const applied = new Set(rows.map(({ name }) => name));
  const missing = ownNames.filter((name) => !applied.has(name)).length;
  return { missing, unknown: applied.size - (ownNames.length - missing) };
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
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function checkVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: number; text: string }>(
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as text`,
  );
  const [version] = rows;
  if (version) requireVersion(version.number, version.text);
}

/** @param number The version as PostgreSQL reports it: 140005 is 14.5 */
export function requireVersion(number: number, text: string): void {
  if (number >= versionMin * 10_000) return;
  throw new SetupProblem(
    `The database runs PostgreSQL ${text}; Pintail needs ${versionMin} or newer. ` +
      'Upgrade it, or unset DATABASE_URL to use the embedded database.',
  );
}

/**
 * Returns the files to apply.
 * @throws SetupProblem unless the applied migrations are the first ones of the files, unchanged
 */
function compare(files: MigrationFile[], applied: AppliedMigration[]): MigrationFile[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  const numbers = new Set(files.map((file) => file.name.slice(0, 4)));
  for (const { name, checksum } of applied) {
    const file = byName.get(name);
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
    await client.query('insert into migrations (name, checksum) values ($1, $2)', [file.name, file.checksum]);
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

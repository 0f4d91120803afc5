// The tables of the job library (platform/jobs), in a separate schema. They are migrated together with ours, under the
// lock of `migrate`, so that two processes never migrate at once and a serving process never changes tables.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type pg from 'pg';
import { SetupProblem } from './setup-problem.ts';

export const jobsSchema = 'pgboss';
/** The version that the installed library expects (checked by a test). A constant, because the library is slow to load. */
export const jobsSchemaVersion = 46;

const printPlans = fileURLToPath(new URL('./print-job-plans.ts', import.meta.url));

/** Creates or upgrades the tables. Returns whether anything was changed. */
export async function migrateJobsSchema(client: pg.Client): Promise<boolean> {
  const installed = await findVersion(client);
  if (installed === jobsSchemaVersion) return false;
  if (installed !== null && installed > jobsSchemaVersion) {
    throw new SetupProblem(
      `The database is newer than this version of Pintail: its job tables have version ${installed}, and this ` +
        `version supports ${jobsSchemaVersion}. Start the newer version again, or restore a backup from before the upgrade.`,
    );
  }
  // Loading the library takes 18 MB for the life of the process, even without jobs. A separate process loads it and
  // prints the statements.
  const { stdout } = await promisify(execFile)(process.execPath, [printPlans, String(installed ?? '')], {
    maxBuffer: 8 * 1024 * 1024,
  });
  await client.query(stdout);
  return true;
}

async function findVersion(client: pg.Client): Promise<number | null> {
  const { rows } = await client.query<{ exists: boolean }>(
    `select to_regclass('${jobsSchema}.version') is not null as exists`,
  );
  if (!rows[0]?.exists) return null;
  const versions = await client.query<{ version: number }>(`select version from ${jobsSchema}.version`);
  return Number(versions.rows[0]?.version);
}

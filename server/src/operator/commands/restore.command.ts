// Restores a backup. It is prepared in a separate folder and moved into place at the end, so that Pintail cannot be
// started on an interrupted restore: its posts would be published twice.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { type Config, readConfig } from '../../config.ts';
import { doubtOverdue } from '../../features/posts/index.ts';
import { makeDataDir, openInstallation, publicUrlOf } from '../../installation.ts';
import { gatherStatistics } from '../../platform/db/index.ts';
import { createLog } from '../../platform/log.ts';
import { moveIntoPlace, readBackupNote, restoreFiles } from '../backup.ts';
import { CommandProblem } from '../failure.ts';
import { requireAlone } from '../require-alone.ts';

interface RestoreOptions {
  from?: string;
  takenAt?: string;
}

export async function restoreCommand(options: RestoreOptions): Promise<void> {
  const config = readConfig();
  if ((options.from === undefined) === (options.takenAt === undefined)) {
    throw new CommandProblem('Specify --from, or --taken-at after restoring a database with other tools.');
  }
  if (options.from === undefined) await makeSafe(config, momentOf(options.takenAt ?? ''));
  else await restore(config, resolve(options.from));
}

function momentOf(text: string): Date {
  const moment = z.iso.datetime({ offset: true }).safeParse(text);
  if (!moment.success)
    throw new CommandProblem('--taken-at must be an RFC 3339 time such as 2027-01-31T04:00:00Z.');
  return new Date(moment.data);
}

async function restore(config: Config, from: string): Promise<void> {
  if (config.databaseUrl) {
    throw new CommandProblem(
      'DATABASE_URL is set: restore the database with pg_restore, then run restore --taken-at. docs/operating.md describes how.',
    );
  }
  const { takenAt, bucket } = await readBackupNote(from);
  if (existsSync(join(config.dataDir, 'postgres'))) {
    throw new CommandProblem(
      `${config.dataDir} already contains a database. Stop Pintail and move that folder away, or set PINTAIL_DATA_DIR to another one.`,
    );
  }
  makeDataDir(config);
  const staging = join(config.dataDir, 'restoring');
  await rm(staging, { recursive: true, force: true });
  await restoreFiles(from, staging);
  await makeSafe({ ...config, dataDir: staging }, takenAt);
  await moveIntoPlace(staging, config.dataDir);
  await rm(staging, { recursive: true, force: true });
  console.log(`Restored into ${config.dataDir}.`);
  const hint = mediaHint(config.s3?.bucket ?? null, bucket);
  if (hint !== null) console.log(hint);
}

/** A hint about media that are not in the backup, or not where Pintail will read them. */
function mediaHint(configured: string | null, backedUp: string | null): string | null {
  if (backedUp === null && configured === null) return null;
  if (configured === null) {
    return `Its media are in the bucket ${backedUp} and not in the backup. Set STORAGE=s3 and the settings of the bucket before you start Pintail.`;
  }
  if (backedUp === null) {
    return `Its media are in the folder media of the data folder, but STORAGE=s3: unset STORAGE, or copy them into the bucket ${configured} under the same names, before you start Pintail.`;
  }
  return `Its media are in the bucket ${backedUp} and were not restored. Pintail deletes files from the bucket ${configured} that this database does not reference: to inspect a backup, use a copy of the bucket.`;
}

/** Makes a restored database safe to start: posts that were due since the backup are searched for on Pinterest first. */
async function makeSafe(config: Config, takenAt: Date): Promise<void> {
  const log = createLog({ level: 'warn', format: config.logFormat }, process.stderr);
  const { app, database, clock, close } = await openInstallation({
    config,
    log,
    publicUrl: publicUrlOf(config),
  });
  try {
    await requireAlone(database);
    await gatherStatistics(database);
    const doubted = await doubtOverdue(database, { takenAt, now: clock.now() });
    console.log(
      `The backup was taken at ${takenAt.toISOString()}. Posts that were due since then, and are searched for on Pinterest before they are published: ${doubted}.`,
    );
    const unreadable = (await app.accounts.listForOperator()).filter((account) => !account.tokenReadable);
    if (unreadable.length > 0) {
      console.log(
        `The tokens of ${unreadable.map(({ username }) => username).join(', ')} cannot be decrypted: set the PINTAIL_ENCRYPTION_KEY that encrypted them before you start Pintail.`,
      );
    }
    console.log(
      'Before you start Pintail, make sure that the original installation never runs again: two installations publish everything twice.',
    );
  } finally {
    await close();
  }
}

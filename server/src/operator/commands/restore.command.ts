// Restores a backup. It is prepared in a separate folder and moved into place at the end, so that Pintail cannot be
// started on an interrupted restore: its posts would be published twice.
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { type Config, readConfig } from '../../config.ts';
import { doubtOverdue } from '../../features/posts/index.ts';
import { openInstallation, publicUrlOf } from '../../installation.ts';
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
    throw new CommandProblem('Give either --from, or --taken-at after restoring a database by other means.');
  }
  if (options.from === undefined) await makeSafe(config, momentOf(options.takenAt ?? ''));
  else await restore(config, resolve(options.from));
}

function momentOf(text: string): Date {
  const moment = z.iso.datetime({ offset: true }).safeParse(text);
  if (!moment.success) throw new CommandProblem('--taken-at must be like 2027-01-31T04:00:00Z.');
  return new Date(moment.data);
}

async function restore(config: Config, from: string): Promise<void> {
  if (config.databaseUrl) {
    throw new CommandProblem(
      'DATABASE_URL names a server of your own: restore it with pg_restore, then run restore --taken-at. docs/operating.md says how.',
    );
  }
  const { takenAt, bucket } = await readBackupNote(from);
  if (existsSync(join(config.dataDir, 'postgres'))) {
    throw new CommandProblem(
      `There is a database in ${config.dataDir}. Stop Pintail and move that folder away, or set PINTAIL_DATA_DIR to another one.`,
    );
  }
  await mkdir(config.dataDir, { recursive: true });
  const workshop = join(config.dataDir, 'restoring');
  await rm(workshop, { recursive: true, force: true });
  await restoreFiles(from, workshop);
  await makeSafe({ ...config, dataDir: workshop }, takenAt);
  await moveIntoPlace(workshop, config.dataDir);
  await rm(workshop, { recursive: true, force: true });
  console.log(`Restored into ${config.dataDir}.`);
  const hint = mediaHint(config.s3?.bucket ?? null, bucket);
  if (hint !== null) console.log(hint);
}

/** A hint about media that are not in the backup, or not where Pintail will read them. */
function mediaHint(present: string | null, backedUp: string | null): string | null {
  if (backedUp === null && present === null) return null;
  if (present === null) {
    return `Its media are in the bucket ${backedUp} and not in the backup. Set STORAGE=s3 and the settings of the bucket before you start Pintail.`;
  }
  if (backedUp === null) {
    return `Its media are in the folder media of the data folder, but STORAGE=s3: leave that out, or copy them into the bucket ${present}, under the same names, before you start Pintail.`;
  }
  return `Its media are in the bucket ${backedUp} and were not restored. From the bucket ${present} Pintail removes what this database does not know: to only look at a backup, use a copy of the bucket.`;
}

/** Makes a restored database safe to start: posts that were due since the backup are looked up on Pinterest first. */
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
      `The backup is of ${takenAt.toISOString()}. Posts that were due since, to be looked up on Pinterest before they are published: ${doubted}.`,
    );
    const unreadable = (await app.accounts.listForOperator()).filter((account) => !account.tokenReadable);
    if (unreadable.length > 0) {
      console.log(
        `The tokens of ${unreadable.map(({ username }) => username).join(', ')} cannot be read: set the PINTAIL_ENCRYPTION_KEY that they were stored with before you start Pintail.`,
      );
    }
    console.log(
      'Before you start it: make sure that the installation it was taken from never runs again. Two of them publish everything twice.',
    );
  } finally {
    await close();
  }
}

// The command `backup`: copies the embedded database, the media and the keys into a folder.
import { resolve } from 'node:path';
import { readConfig } from '../../config.ts';
import { openDatabaseOf } from '../../installation.ts';
import { systemClock } from '../../platform/clock.ts';
import { createLog } from '../../platform/log.ts';
import { version } from '../../platform/version.ts';
import { makeBackup } from '../backup.ts';
import { CommandProblem } from '../failure.ts';

export async function backupCommand(options: { to: string }): Promise<void> {
  const config = readConfig();
  if (config.databaseUrl) {
    throw new CommandProblem(
      'DATABASE_URL is set: back up the database with pg_dump --format=custom, then copy the media. docs/operating.md describes how, and how to restore.',
    );
  }
  const to = resolve(options.to);
  // Before anything is copied: posts published from now on may be missing in the backup.
  const takenAt = systemClock.now();
  const log = createLog({ level: 'warn', format: config.logFormat }, process.stderr);
  const server = await openDatabaseOf(config, log);
  try {
    const copied = await makeBackup({
      url: server.url,
      dataDir: config.dataDir,
      to,
      takenAt,
      pintail: version,
      bucket: config.s3?.bucket ?? null,
    });
    console.log(`Backed up ${copied.join(', ')} to ${to}.`);
    if (config.s3) {
      console.log(
        `The media are in the bucket ${config.s3.bucket} and NOT in this backup. Back up the bucket too (versioning, or a copy made after this); without them, posts that are not published yet cannot be published.`,
      );
    }
    console.log(
      copied.includes('encryption.key')
        ? 'It contains the encryption key, which gives access to the connected accounts. Protect it like their passwords.'
        : 'It does not contain PINTAIL_ENCRYPTION_KEY. Store that key separately: without it, every account must be connected again.',
    );
  } finally {
    await server.close();
  }
}

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
      'DATABASE_URL names a server of your own: back it up with pg_dump --format=custom, then copy the media. docs/operating.md says how, and what to do after restoring it.',
    );
  }
  const to = resolve(options.to);
  // Before anything is copied: what is published from now on may be missing in the backup.
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
        `The media are in the bucket ${config.s3.bucket} and NOT in this backup. Keep them with the means of the bucket (versions, or a copy made after this); posts that are not out yet cannot be published without.`,
      );
    }
    console.log(
      copied.includes('encryption.key')
        ? 'It contains the encryption key: anyone who has it can act for the connected accounts. Store it as safely as their passwords.'
        : 'It does not contain PINTAIL_ENCRYPTION_KEY, without which every account must be connected again. Store that key elsewhere.',
    );
  } finally {
    await server.close();
  }
}

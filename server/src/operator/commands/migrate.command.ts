// The command `migrate`: applies the migrations of the database.
import { readConfig } from '../../config.ts';
import { openDatabaseOf } from '../../installation.ts';
import { migrate } from '../../platform/db/index.ts';
import { createLog } from '../../platform/log.ts';

export async function migrateCommand(): Promise<void> {
  const config = readConfig();
  const log = createLog({ level: 'warn', format: config.logFormat }, process.stderr);
  const server = await openDatabaseOf(config, log);
  try {
    const { applied } = await migrate({ url: server.url, log });
    console.log(applied.length > 0 ? `Applied ${applied.join(', ')}.` : 'The database is up to date.');
  } finally {
    await server.close();
  }
}

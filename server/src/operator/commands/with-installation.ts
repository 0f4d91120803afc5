// Runs commands that do one thing and exit.
import { type Config, readConfig } from '../../config.ts';
import { type Installation, openInstallation, publicUrlOf } from '../../installation.ts';
import { createLog } from '../../platform/log.ts';

/** Opens the installation, runs the work, and closes it. */
export async function withInstallation<T>(
  work: (installation: Installation, config: Config) => Promise<T>,
): Promise<T> {
  const config = readConfig();
  // Standard output is reserved for the command's result.
  const log = createLog({ level: 'warn', format: config.logFormat }, process.stderr);
  const installation = await openInstallation({ config, log, publicUrl: publicUrlOf(config) });
  try {
    return await work(installation, config);
  } finally {
    await installation.close();
  }
}

export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}

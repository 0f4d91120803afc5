// The doctor: every check of an installation, including those of `/ready`, in the order of a diagnosis. If the database
// cannot be opened, the checks that need no database still run.
import { keyFileOf } from '../app.ts';
import { type Config, readConfig } from '../config.ts';
import { accountsCheck } from '../features/accounts/index.ts';
import { keysCheck } from '../features/auth/index.ts';
import { publishingCheck } from '../features/publishing/index.ts';
import { addressesOf, makeDataDir, openInstallation, publicUrlOf } from '../installation.ts';
import { openStorage } from '../open-storage.ts';
import {
  type Check,
  clockCheck,
  databaseCheck,
  diskCheck,
  type Finding,
  failed,
  migrationsCheck,
  runCheck,
  storageCheck,
} from '../platform/checks/index.ts';
import { systemClock } from '../platform/clock.ts';
import { createLog } from '../platform/log.ts';
import { encryptionCheck, nodeCheck, pinterestCheck, settingsFinding } from './environment-checks.ts';

export interface NamedFinding extends Finding {
  name: string;
}

/** Runs every check, in order. A failed check does not prevent the others. */
export async function diagnose(): Promise<NamedFinding[]> {
  const node = await examine(nodeCheck);
  let config: Config;
  try {
    config = readConfig();
  } catch (error) {
    return [node, { name: 'settings', ...failed('The settings are invalid.', undefined, error) }];
  }
  const findings = [node, { name: 'settings', ...settingsFinding(config) }];
  findings.push(...(await examineFolder(config)), ...(await examineInstallation(config)));
  return [...findings, await examine(pinterestCheck(addressesOf(config), config.pinterestEnvironment))];
}

async function examine(check: Check): Promise<NamedFinding> {
  return { name: check.name, ...(await runCheck(check)) };
}

/** Sequential, so that a check does not wait for the connections of another one. */
async function examineAll(checks: readonly Check[]): Promise<NamedFinding[]> {
  const findings: NamedFinding[] = [];
  for (const check of checks) findings.push(await examine(check));
  return findings;
}

async function examineFolder(config: Config): Promise<NamedFinding[]> {
  const storage: Check = {
    name: 'storage',
    async run() {
      makeDataDir(config);
      return storageCheck(await openStorage(config, systemClock), systemClock).run();
    },
  };
  return examineAll([storage, diskCheck(config.dataDir)]);
}

/** The checks that need the database. */
async function examineInstallation(config: Config): Promise<NamedFinding[]> {
  const log = createLog({ level: 'error', format: config.logFormat }, process.stderr);
  let installation: Awaited<ReturnType<typeof openInstallation>>;
  try {
    installation = await openInstallation({ config, log, publicUrl: publicUrlOf(config) });
  } catch (error) {
    return [{ name: 'database', ...failed('The database cannot be opened.', undefined, error) }];
  }
  const { app, database, clock, close } = installation;
  try {
    return await examineAll([
      databaseCheck(database),
      migrationsCheck(database),
      clockCheck(database, systemClock),
      keysCheck(app.auth, clock),
      encryptionCheck(config, keyFileOf(config)),
      app.encryptionKeyCheck,
      accountsCheck(app.accounts),
      publishingCheck(database, clock),
    ]);
  } finally {
    await close();
  }
}

// Opens the installation for a command: the data folder, a running and migrated database, a clock, and the app. Closes
// them in reverse order.
import { mkdirSync } from 'node:fs';
import { startEmbeddedPostgres } from '@pintail/embedded-postgres';
import { type App, createApp } from './app.ts';
import type { Config } from './config.ts';
import { rebaseRestoredEvents } from './features/events/index.ts';
import {
  type AppCredentials,
  type CallWatch,
  createCallWatch,
  createEnvironments,
  type Environment,
  type EnvironmentAddresses,
  publishedAddresses,
  simulatorAddresses,
} from './pinterest/index.ts';
import { systemClock } from './platform/clock.ts';
import { type Closer, closeAll } from './platform/closers.ts';
import {
  applicationName,
  createDatabaseClock,
  type Database,
  type DatabaseClock,
  isTransactionPooler,
  migrate,
  openDatabase,
  ping,
  SetupProblem,
} from './platform/db/index.ts';
import type { Log } from './platform/log.ts';
import { createMetrics } from './platform/metrics.ts';

/** The time to wait for running jobs. Then another process runs them again. */
const jobsGraceMs = 10_000;

export interface Installation {
  app: App;
  database: Database;
  /** For connections whose session must last. */
  directUrl: string;
  clock: DatabaseClock;
  /** See `CallWatch`. */
  pinterestSkewMs: CallWatch['skewMs'];
  close(): Promise<void>;
}

export interface OpenInstallation {
  config: Config;
  log: Log;
  /** A simulator that this process runs. */
  simulatorUrl?: string;
  publicUrl: string;
  allowedPrivateHosts?: readonly string[];
  /** Aborts the start: opened parts are closed, and the reason of the signal is thrown. */
  signal?: AbortSignal;
}

/** Returns the Pinterest app in the settings, or a default one for the simulator, which needs no real secret. */
export function simulatorAppOf(config: Config): AppCredentials {
  return config.pinterestApp ?? { appId: 'pintail', appSecret: 'pintail-on-the-simulator' };
}

/**
 * Returns the addresses of each environment, as Pinterest publishes them. The settings override the addresses of the
 * configured environment.
 */
export function addressesOf(
  config: Config,
  simulatorUrl?: string,
): Record<Environment, EnvironmentAddresses> {
  const addresses = {
    ...publishedAddresses,
    simulator: simulatorAddresses(simulatorUrl ?? `http://127.0.0.1:${config.simulatorPort}`),
  };
  const own = config.pinterestEnvironment;
  return {
    ...addresses,
    [own]: {
      ...addresses[own],
      ...(config.pinterestApiUrl && { apiUrl: config.pinterestApiUrl }),
      ...(config.pinterestAuthorizeUrl && { authorizeUrl: config.pinterestAuthorizeUrl }),
      ...(config.pinterestTokenUrl && { tokenUrl: config.pinterestTokenUrl }),
    },
  };
}

/** A Pinterest app is valid for production and sandbox. */
function appsOf(config: Config): Partial<Record<Environment, AppCredentials>> {
  if (config.pinterestEnvironment === 'simulator') return { simulator: simulatorAppOf(config) };
  const own = config.pinterestApp;
  return own ? { production: own, sandbox: own } : {};
}

export function publicUrlOf(config: Config, port: number = config.port): string {
  if (config.publicUrl) return config.publicUrl;
  // The wildcard address cannot be called.
  const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export function makeDataDir(config: Config): void {
  // Root starts the embedded database as another user, who must reach its folder within.
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
  mkdirSync(config.dataDir, { recursive: true, mode });
}

/** Opens the database of this installation: the one in the settings, or the embedded one. */
export async function openDatabaseOf(
  config: Config,
  log: Log,
  signal?: AbortSignal,
): Promise<{ url: string; close(): Promise<void> }> {
  if (config.databaseUrl) return { url: config.databaseUrl, close: async () => {} };
  makeDataDir(config);
  const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, log, signal });
  return { url: embedded.url, close: () => embedded.stop() };
}

/**
 * Returns whether DATABASE_URL leads to a pooler in transaction mode.
 * @throws SetupProblem if it does and the database has no direct URL
 */
async function checkPooler({ config, log, signal }: OpenInstallation): Promise<boolean> {
  const { databaseUrl, databaseDirectUrl } = config;
  if (databaseUrl === undefined) return false;
  if (!(await isTransactionPooler({ url: databaseUrl, log, applicationName, signal }))) return false;
  if (databaseDirectUrl !== undefined) return true;
  throw new SetupProblem(
    'DATABASE_URL leads to a pooler in transaction mode, which cannot migrate or listen. Set DATABASE_DIRECT_URL to the database itself (Supabase: port 5432; Neon: the host without -pooler), or use a pooler in session mode.',
  );
}

export async function openInstallation(open: OpenInstallation): Promise<Installation> {
  const { config, log, signal } = open;
  const closers: Closer[] = [];
  const close = () => closeAll(closers);
  try {
    makeDataDir(config);
    const server = await openDatabaseOf(config, log, signal);
    closers.push(() => server.close());
    signal?.throwIfAborted();
    const directUrl = config.databaseDirectUrl ?? server.url;
    const isPooled = await checkPooler(open);
    await migrate({ url: directUrl, log, signal });
    signal?.throwIfAborted();
    const database = openDatabase({ url: server.url, log, poolSize: 20, isPooled });
    closers.push(() => database.close());
    const restored = await rebaseRestoredEvents(database.db);
    if (restored > 0)
      log.info(
        { events: restored },
        'the event log was restored from a dump and was adapted to this database',
      );
    // Also with the embedded database, which has this machine's clock: it notices when that is set back.
    const clock = await createDatabaseClock(async () => (await ping(database.db)).now, systemClock, log);
    closers.push(() => clock.stop());
    const metrics = createMetrics();
    const calls = createCallWatch(metrics, clock);
    const pinterest = createEnvironments({
      addresses: addressesOf(config, open.simulatorUrl),
      apps: appsOf(config),
      clock,
      log,
      watch: calls.of,
    });
    closers.push(() => pinterest.close());
    const app = await createApp({
      config,
      database,
      clock,
      log,
      pinterest,
      publicUrl: open.publicUrl,
      metrics,
      ...(open.allowedPrivateHosts && { allowedPrivateHosts: open.allowedPrivateHosts }),
    });
    closers.push(() => app.jobs.stop(jobsGraceMs));
    return { app, database, directUrl, clock, pinterestSkewMs: calls.skewMs, close };
  } catch (error) {
    await close().catch((closeError: unknown) => log.error({ err: closeError }, 'graceful close failed'));
    throw error;
  }
}

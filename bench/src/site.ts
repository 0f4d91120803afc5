// An installation under test: a database, a data folder, accounts, a key and an image. Its servers are separate
// processes; a part of it also runs in this process, to set it up.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { parseConfig } from '../../server/src/config.ts';
import { type Installation, openInstallation } from '../../server/src/installation.ts';
import { createLog } from '../../server/src/platform/log.ts';
import { type Account, addAccounts } from './fill.ts';
import type { Lab } from './lab.ts';
import { type HttpTarget, openTarget } from './load.ts';
import type { PictureName } from './pictures.ts';
import { type Started, startProgram } from './processes.ts';

const pintailProgram = fileURLToPath(new URL('../../server/bin/pintail.js', import.meta.url));
const encryptionKey = '42'.repeat(32);

export interface Server extends Started {
  /** Empty for a worker. */
  url: string;
}

export interface Site {
  /** The settings, for `parseConfig` and for processes. */
  env: Record<string, string>;
  installation: Installation;
  /** Connections of the superuser. */
  sql: pg.Pool;
  databaseUrl: string;
  key: string;
  organizationId: string;
  accounts: Account[];
  /** Stored media. */
  mediaId: string;
  start(role: 'all' | 'api' | 'worker'): Promise<Server>;
  /** A client of a started server, with a number of connections. */
  client(server: Server, connections: number): HttpTarget;
  close(): Promise<void>;
}

export interface OpenSite {
  accounts: number;
  /** The simulator. Default: Pinterest is unreachable. */
  simulatorUrl?: string;
  /** The image to store. Default: `usual`. */
  picture?: PictureName;
  /** Additional settings. */
  env?: Record<string, string>;
}

let siteNumber = 0;

export async function openSite(
  lab: Lab,
  { accounts: count, simulatorUrl, picture = 'usual', env: change = {} }: OpenSite,
): Promise<Site> {
  siteNumber += 1;
  const name = `bench_${siteNumber}`;
  const { url, superuserUrl } = await lab.createDatabase(name);
  const env = { ...settingsOf(lab, name, url, simulatorUrl), ...change };
  const installation = await openInstallation({
    config: parseConfig(env),
    log: createLog({ level: 'error', format: 'json' }),
    publicUrl: 'http://bench.test',
  });
  const sql = new pg.Pool({ connectionString: superuserUrl, max: 4 });
  // A connection may still be closing when its database is dropped.
  sql.on('error', () => undefined);
  const { app } = installation;
  const { key, organizationId } = await app.auth.createKey({
    name: 'bench',
    organization: 'Bench',
    scopes: null,
    accountIds: null,
  });
  const accounts = await addAccounts(sql, { organizationId, count, encryptionKey });
  const { id: mediaId } = await app.media.fetchFromUrl({
    organizationId,
    url: lab.pictures.constant(picture),
    declaredType: 'image',
  });
  const started: Server[] = [];
  const clients: HttpTarget[] = [];
  return {
    env,
    installation,
    sql,
    databaseUrl: url,
    key,
    organizationId,
    accounts,
    mediaId,
    async start(role) {
      const profiling =
        lab.profileFolder === null
          ? {}
          : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${lab.profileFolder} --cpu-prof-interval=250` };
      const server = await startPintail({ ...env, ...profiling, PINTAIL_ROLE: role }, lab.folder);
      started.push(server);
      return server;
    },
    client(server, connections) {
      const client = openTarget(server.url, connections, key);
      clients.push(client);
      return client;
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      await Promise.all(started.map((server) => server.stop()));
      await installation.close();
      await sql.end();
      await lab.dropDatabase(name);
    },
  };
}

function settingsOf(lab: Lab, name: string, databaseUrl: string, simulatorUrl: string | undefined) {
  const hosts = [lab.pictures.host, ...(simulatorUrl === undefined ? [] : [new URL(simulatorUrl).host])];
  return {
    DATABASE_URL: databaseUrl,
    PINTAIL_DATA_DIR: join(lab.folder, name),
    PINTAIL_ENCRYPTION_KEY: encryptionKey,
    // Nothing listens on port 9.
    PINTEREST_API_URL: `${simulatorUrl ?? 'http://127.0.0.1:9'}/v5`,
    MEDIA_ALLOWED_PRIVATE_HOSTS: hosts.join(','),
    // The highest value: otherwise the limit is all that is measured.
    API_RATE_PER_MINUTE: '1000000',
    PORT: '0',
    SIMULATOR_PORT: '0',
    LOG_FORMAT: 'json',
  };
}

/** Starts a server as a user does. @param env Includes PINTAIL_ROLE */
export async function startPintail(
  env: Record<string, string>,
  folder: string,
  program: string = pintailProgram,
): Promise<Server> {
  const name = `pintail-${randomBytes(4).toString('hex')}`;
  const started = await startProgram({
    name,
    args: [program, 'serve'],
    env,
    logFile: join(folder, `${name}.log`),
    readyWhen: /^.*"msg":"ready".*$/m,
    readyWithinMs: 60_000,
  });
  const { url } = JSON.parse(started.ready[0]) as { url: string | null };
  return { ...started, url: url ?? '' };
}

// The first connection of a start: waits a moment for a database that is just starting, and says in one sentence what is
// wrong with the server, the account or the settings.
import pg from 'pg';
import { type Clock, pause, systemClock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import { single } from '../../single.ts';
import { codeOf, isConnectionFailure } from '../connection-failure.ts';
import { SetupProblem } from '../setup-problem.ts';
import { placeOf, toConnectionString } from './connection-string.ts';

export interface ConnectForSetup {
  url: string;
  log: Log;
  applicationName: string;
  /** Ends the waiting. */
  signal?: AbortSignal | undefined;
  clock?: Clock;
  /** How long to wait for a database that is starting. */
  patienceMs?: number;
}

/** The oldest version maintained when Pintail 0.1 was written. */
const versionMin = 14;
const retryMs = 1_000;
const connectTimeoutMs = 10_000;

/**
 * Connects and checks that the database can be used.
 * @throws SetupProblem with a sentence that says what to do
 */
export async function connectForSetup(options: ConnectForSetup): Promise<pg.Client> {
  const { url, log, applicationName, signal, clock = systemClock, patienceMs = 10_000 } = options;
  const until = clock.now().getTime() + patienceMs;
  for (let isFirst = true; ; isFirst = false) {
    signal?.throwIfAborted();
    try {
      return await connect(url, log, applicationName);
    } catch (error) {
      const isLate = clock.now().getTime() + retryMs > until;
      if (isLate || !mayPass(error)) throw explain(error, url);
      if (isFirst) log.warn({ reason: String(messageOf(error)) }, 'waiting for the database');
      await pause(retryMs);
    }
  }
}

async function connect(url: string, log: Log, applicationName: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: toConnectionString(url),
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
  });
  // A lost connection rejects the running query; without a listener it would also end the process.
  client.on('error', (error) =>
    log.warn({ reason: error.message }, 'the connection for migrations was lost'),
  );
  try {
    await client.connect();
    await checkServer(client, url);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

interface Server {
  number: number;
  version: string;
  encoding: string;
  isReadOnly: boolean;
  mayCreateSchema: boolean;
  mayCreateTable: boolean;
  hasMigrations: boolean;
  hasForeignMigrations: boolean;
  hasPosts: boolean;
  schema: string | null;
}

async function checkServer(client: pg.Client, url: string): Promise<void> {
  const { rows } = await client.query<Server>(`
    select current_setting('server_version_num')::int as number, current_setting('server_version') as version,
      current_setting('server_encoding') as encoding,
      pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as "isReadOnly",
      has_database_privilege(current_database(), 'CREATE') as "mayCreateSchema",
      coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) as "mayCreateTable",
      to_regclass('migrations') is not null as "hasMigrations",
      to_regclass('migrations') is not null and not exists (
        select from pg_attribute where attrelid = to_regclass('migrations') and attname = 'checksum' and not attisdropped
      ) as "hasForeignMigrations",
      to_regclass('posts') is not null as "hasPosts", current_schema() as schema
  `);
  const server = single(rows);
  requireVersion(server.number, server.version);
  const problem = problemOf(server, placeOf(url));
  if (problem) throw new SetupProblem(problem);
}

function problemOf(server: Server, { database, user }: ReturnType<typeof placeOf>): string | undefined {
  if (server.isReadOnly) {
    return 'The database accepts no writes: it is a standby, or read-only. Point DATABASE_URL to the primary.';
  }
  if (server.encoding !== 'UTF8') {
    return `The encoding of the database is ${server.encoding}, which cannot store every text. Create one with UTF8: create database … encoding 'UTF8' template template0;`;
  }
  if (server.hasForeignMigrations || (server.hasPosts && !server.hasMigrations)) {
    return `The database has tables of another program in the schema ${server.schema}. Create a database for Pintail alone, and set DATABASE_URL to it.`;
  }
  if (!server.hasMigrations && !server.mayCreateTable) {
    return `The role ${user} may not create tables. As an administrator: grant create on schema ${server.schema ?? 'public'} to ${quoted(user)};`;
  }
  if (!server.hasMigrations && !server.mayCreateSchema) {
    return `The role ${user} may not create a schema, which the background jobs need. As an administrator: grant create on database ${quoted(database)} to ${quoted(user)};`;
  }
  return undefined;
}

/** @param number The version as PostgreSQL reports it: 140005 is 14.5 */
export function requireVersion(number: number, text: string): void {
  if (number >= versionMin * 10_000) return;
  throw new SetupProblem(
    `The database runs PostgreSQL ${text}; Pintail needs ${versionMin} or newer. Upgrade it, or unset DATABASE_URL to use the embedded database.`,
  );
}

/** Whether the database may be reachable in a moment, as after a boot. A wrong name or password does not pass. */
function mayPass(error: unknown): boolean {
  return isConnectionFailure(error) && !['ENOTFOUND', '08P01', '08004'].includes(codeOf(error));
}

const certificateCodes = new Set([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Turns the failure of a first connection into a sentence with its host, reason and remedy. Never contains a password. */
function explain(error: unknown, url: string): unknown {
  if (error instanceof SetupProblem || !(error instanceof Error)) return error;
  const code = codeOf(error);
  const { host, port, database, user } = placeOf(url);
  const at = host.startsWith('/') ? `at the socket in ${host}` : `at ${host}:${port}`;
  const problem = (sentence: string) => new SetupProblem(sentence, { cause: error });
  if (code === '28P01')
    return problem(`The database ${at} refused the password of ${user}. Check DATABASE_URL.`);
  if (code === '28000')
    return problem(
      `The database ${at} refused the connection: ${error.message}. Check DATABASE_URL, and pg_hba.conf of the server.`,
    );
  if (code === '3D000')
    return problem(
      `There is no database ${quoted(database)} ${at}. Create it: create database ${quoted(database)} owner ${quoted(user)};`,
    );
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return problem(`The host ${host} of DATABASE_URL cannot be resolved (${code}).`);
  }
  if (certificateCodes.has(code)) {
    return problem(
      `The certificate of the database ${at} cannot be verified (${code}). Set sslrootcert in DATABASE_URL to the file of its authority, or sslmode=require to encrypt without verifying.`,
    );
  }
  if (/does not support SSL/.test(error.message)) {
    return problem(
      `The database ${at} does not support TLS. Remove sslmode from DATABASE_URL, or enable TLS on the server.`,
    );
  }
  if (code === 'ENOENT' && 'path' in error && !host.startsWith('/')) {
    return problem(`The file ${error.path} of sslrootcert in DATABASE_URL does not exist.`);
  }
  if (/unsupported startup parameter/.test(error.message)) {
    return problem(
      `The pooler ${at} refused the connection: ${error.message}. Add the parameter to ignore_startup_parameters of the pooler.`,
    );
  }
  if (isConnectionFailure(error)) {
    return problem(
      `The database ${at} cannot be reached: ${code || messageOf(error)}. Check that PostgreSQL runs there, and DATABASE_URL.`,
    );
  }
  return code.length === 5 ? problem(`The database ${at} refused: ${error.message} (${code}).`) : error;
}

const quoted = (name: string) => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);

/** Node reports several failed addresses as one error without a message. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return String(error.errors[0]?.message ?? error);
  return error instanceof Error ? error.message : String(error);
}

// The connection pool and the JavaScript types of values. Independent of any table.
import { CompiledQuery, Kysely, type Transaction } from 'kysely';
import pg from 'pg';
import type { Log } from '../log.ts';
import { atOnce } from './at-once.ts';
import { toConnectionString } from './connect/connection-string.ts';
import { asOutage, isReadOnly, isRepeatable } from './connection-failure.ts';
import { EagerPostgresDialect } from './eager-dialect.ts';
import { createNamedStatements, type NamedStatements } from './named-statements.ts';
import type { Schema } from './schema.gen.ts';

/** The first parameter of queries. A Tx is a Connection too. */
export type Connection = Kysely<Schema>;
export type Tx = Transaction<Schema>;

export interface Database {
  db: Kysely<Schema>;
  pool: pg.Pool;
  /**
   * Runs `work` in a READ COMMITTED transaction. Commits when it resolves, rolls back when it throws. After a deadlock it
   * runs again, so `work` must have no effect outside of the transaction.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * Runs a transaction of fixed statements in one round trip, including `begin` and `commit`. Each statement has its
   * own snapshot and sees what others committed before it ran. Returns the rows of each. An error rolls everything
   * back.
   */
  transactionAtOnce(statements: readonly CompiledQuery[]): Promise<unknown[][]>;
  /** Waits for running queries. May be called more than once. */
  close(): Promise<void>;
}

export interface OpenDatabase {
  url: string;
  log: Log;
  poolSize?: number;
  /**
   * The URL leads to a pooler that gives each transaction another connection. Then statements have no names, which such
   * poolers may not know.
   */
  isPooled?: boolean;
}

export const applicationName = 'pintail';

/** No statement of ours should take a second; one that takes this long delays others. */
const statementTimeoutMs = 30_000;
/** An open transaction keeps its locks and prevents vacuum from cleaning up. */
const idleInTransactionTimeoutMs = 30_000;
const sessionSettings = `set statement_timeout = ${statementTimeoutMs}; set idle_in_transaction_session_timeout = ${idleInTransactionTimeoutMs}`;
const connectTimeoutMs = 10_000;
/** Of two deadlocked transactions one succeeds, so a third run is rare. */
const transactionRunsMax = 3;

const begin = CompiledQuery.raw('start transaction isolation level read committed');
const commit = CompiledQuery.raw('commit');

const oid = { int8: 20, int8Array: 1016, date: 1082, dateArray: 1182, textArray: 1009 };

/** An int8 becomes a number. A date stays `2027-01-31`, because a Date would shift it by the machine's time zone. */
const parsers: Record<number, (value: string) => unknown> = {
  [oid.int8]: toSafeInteger,
  [oid.int8Array]: (value) => parseTexts(value).map((text) => (text === null ? null : toSafeInteger(text))),
  [oid.date]: (value) => value,
  [oid.dateArray]: (value) => parseTexts(value),
};

/** The parsers of values for every connection. */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: (id, format) =>
    (format === 'binary' ? undefined : parsers[id]) ?? pg.types.getTypeParser(id, format),
};

function parseTexts(value: string): (string | null)[] {
  const parse: (value: string) => (string | null)[] = pg.types.getTypeParser(oid.textArray, 'text');
  return parse(value);
}

function toSafeInteger(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is too large for a JavaScript number.`);
  return number;
}

export function openDatabase({ url, log, poolSize = 10, isPooled = false }: OpenDatabase): Database {
  const pool = new pg.Pool({
    connectionString: toConnectionString(url),
    max: poolSize,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    idleTimeoutMillis: 30_000,
    types: columnTypes,
    // Statements are sent before earlier ones have completed.
    pipeline: true,
  });
  let closed: Promise<void> | undefined;
  const reportLoss = (message: string) => (error: Error) => {
    // `pool.end` resolves before the connections have ended, and the embedded database may stop in between.
    if (closed) return;
    // The error contains the whole client, so only its message is logged.
    log.warn({ reason: error.message }, message);
  };
  // The pool has already removed the client, and opens another one when needed.
  pool.on('error', reportLoss('an idle connection to the database was lost'));
  const statements = createNamedStatements();
  reportOutages(pool, 'connect');
  reportOutages(pool, 'query');
  pool.on('connect', (client) => {
    // Not as parameters of the connection, which poolers refuse. It is sent before the first statement.
    client.query(sessionSettings).catch(() => undefined);
    if (!isPooled) nameStatements(client, statements);
    reportOutages(client, 'query', (error) => {
      // The pool removes a client that has ended, and connects again.
      if (isReadOnly(error)) void client.end().catch(() => undefined);
    });
    // Between the queries of a transaction a client is neither idle nor busy. Without a listener, the loss of its
    // connection would end the process. The next query fails with the reason.
    client.on('error', reportLoss('a connection to the database was lost'));
  });

  const db = new Kysely<Schema>({ dialect: new EagerPostgresDialect({ pool }) });
  return {
    db,
    pool,
    transaction: (work) =>
      repeating(() => db.transaction().setIsolationLevel('read committed').execute(work)),
    transactionAtOnce: (statements) => repeating(() => transactionAtOnce(db, statements)),
    close() {
      closed ??= pool.end();
      return closed;
    },
  };
}

/** Runs a transaction again that failed because of another one. */
async function repeating<T>(run: () => Promise<T>): Promise<T> {
  for (let runs = 1; ; runs += 1) {
    try {
      return await run();
    } catch (error) {
      if (runs === transactionRunsMax || !isRepeatable(error)) throw error;
    }
  }
}

async function transactionAtOnce(db: Connection, statements: readonly CompiledQuery[]): Promise<unknown[][]> {
  const answers = await atOnce(db, [begin, ...statements, commit]);
  // Throws the first error, which is the cause of the later ones.
  return answers.map((answer) => answer()).slice(1, -1);
}

/** Makes a client name its statements with parameters, as Kysely creates them. */
function nameStatements(client: pg.PoolClient, statements: NamedStatements): void {
  const query = client.query.bind(client) as (...parameters: unknown[]) => unknown;
  const naming = (...parameters: unknown[]): unknown => {
    const [text, values] = parameters;
    const isPlain = parameters.length === 2 && typeof text === 'string' && Array.isArray(values);
    if (!isPlain || values.length === 0) return query(...parameters);
    return (query(statements.of(text, values)) as Promise<unknown>).catch((error: unknown) => {
      throw statements.failed(error);
    });
  };
  Object.assign(client, { query: naming });
}

/** Wraps a method that returns a promise: it rejects with an Outage if the database is unavailable. */
function reportOutages<Name extends string>(
  target: { [name in Name]: unknown },
  name: Name,
  onError: (error: unknown) => void = () => {},
): void {
  const original = target[name];
  if (typeof original !== 'function') throw new TypeError(`${name} is not a method.`);
  const reporting = (...parameters: unknown[]): unknown => {
    const answer: unknown = original.apply(target, parameters);
    if (!(answer instanceof Promise)) return answer;
    return answer.catch((error: unknown) => {
      onError(error);
      throw asOutage(error);
    });
  };
  Object.assign(target, { [name]: reporting });
}

// Looks whether a server runs on a cluster already, and whether it is of use. Called by one process at a time.
import pg from 'pg';
import { pause } from './clock.ts';
import { ownDatabase, ownRole, readPassword } from './cluster.ts';
import { isConnectionFailure } from './connection-failure.ts';
import type { Log } from './log.ts';
import { isServerOf, markDead, readPostmasterFile } from './postmaster-pid.ts';
import { EmbeddedPostgresProblem } from './problem.ts';
import { type Server, stopServer } from './server.ts';

export interface FindServer {
  cluster: string;
  log: Log;
  /** For how long a server that says it is ready may leave us without an answer. */
  answerPatienceMs: number;
  signal?: AbortSignal | undefined;
}

/** How long a server may take that says it is starting (it may have much to recover) or stopping. */
const transitionPatienceMs = 120_000;
const pollMs = 10;

/** The healthy server of this cluster. Whatever else was there is stopped, and marked as dead. */
export async function findServer({
  cluster,
  log,
  answerPatienceMs,
  signal,
}: FindServer): Promise<Server | undefined> {
  const begin = performance.now();
  let readySince: number | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const file = readPostmasterFile(cluster);
    if (!file) return undefined;
    if (!isServerOf(file.pid, cluster)) {
      await markDead(cluster);
      return undefined;
    }
    const { pid, port, isReady } = file;
    if (isReady && port) {
      readySince ??= performance.now();
      if (await answers(await databaseUrl(cluster, port), answerPatienceMs)) return { pid, port };
    }
    const isOverdue = readySince
      ? performance.now() - readySince > answerPatienceMs
      : performance.now() - begin > transitionPatienceMs;
    if (isOverdue) {
      log.warn({ pid }, 'the database server does not answer; it is stopped and started again');
      await stopServer(pid, answerPatienceMs);
      readySince = undefined;
    }
    await pause(pollMs);
  }
}

export async function databaseUrl(cluster: string, port: number): Promise<string> {
  return `postgres://${ownRole}:${await readPassword(cluster)}@127.0.0.1:${port}/${ownDatabase}`;
}

async function answers(url: string, patienceMs: number): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
  });
  // The loss of a connection that is being given up is no news.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === '28P01') {
      throw new EmbeddedPostgresProblem(
        'The embedded database does not accept the password in its directory: the file pintail-password ' +
          'is not the one that belongs to it. Restore it from a backup.',
      );
    }
    // It lives and says so: all its connections are in use.
    if (code === '53300') return true;
    if (isConnectionFailure(error) || isTimeout(error)) return false;
    throw error;
  } finally {
    // Not awaited: a server that does not answer does not say goodbye either.
    client.end().catch(() => undefined);
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

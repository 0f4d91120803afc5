// Finds out whether a healthy server runs on a cluster. Called by one process at a time.
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
  /** How long a server that reports to be ready may be unresponsive. */
  responseTimeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** How long a server may take to start, with a long recovery, or to stop. */
const transitionTimeoutMs = 120_000;
const pollMs = 10;

/** Returns the healthy server of this cluster. Stops an unhealthy one, and marks a dead one in its file. */
export async function findServer({
  cluster,
  log,
  responseTimeoutMs,
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
      if (await responds(await databaseUrl(cluster, port), responseTimeoutMs)) return { pid, port };
    }
    const isOverdue = readySince
      ? performance.now() - readySince > responseTimeoutMs
      : performance.now() - begin > transitionTimeoutMs;
    if (isOverdue) {
      log.warn({ pid }, 'the database server does not respond; restarting it');
      await stopServer(pid, responseTimeoutMs);
      readySince = undefined;
    }
    await pause(pollMs);
  }
}

export async function databaseUrl(cluster: string, port: number): Promise<string> {
  return `postgres://${ownRole}:${await readPassword(cluster)}@127.0.0.1:${port}/${ownDatabase}`;
}

async function responds(url: string, timeoutMs: number): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  // The loss of this connection is already handled.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === '28P01') {
      throw new EmbeddedPostgresProblem(
        'The embedded database refuses the password in its directory: the file pintail-password ' +
          'belongs to another database. Restore it from a backup.',
      );
    }
    // Healthy: all its connections are in use.
    if (code === '53300') return true;
    if (isConnectionFailure(error) || isTimeout(error)) return false;
    throw error;
  } finally {
    // Not awaited: an unresponsive server does not close the connection either.
    client.end().catch(() => undefined);
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

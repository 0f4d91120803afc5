// Starts and stops a PostgreSQL server process on a cluster. The supervisor decides when, and which process does so.
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { kill } from 'node:process';
import { atExit } from './at-exit.ts';
import type { Binaries } from './binaries.ts';
import { type Cancel, pause, pauseNow } from './clock.ts';
import { explainOutput, hasCode } from './failures.ts';
import type { Log } from './log.ts';
import { isAlive, readPostmasterFile } from './postmaster-pid.ts';
import { openPlace, startProgram } from './programs.ts';
import type { ServerUser } from './server-user.ts';

export interface StartServer {
  cluster: string;
  binaries: Binaries;
  user: ServerUser | undefined;
  logFile: string;
  log: Log;
  durable: boolean;
  /** The port to try first. */
  port?: number;
  signal?: AbortSignal | undefined;
}

export interface Server {
  pid: number;
  port: number;
}

const pollMs = 5;
/** Another program may use the port after it was found free. */
const portsTriedMax = 5;
const orphanTimeoutMs = 15_000;
const orphanPollMs = 100;
const noticeAfterMs = 5_000;

/** Settings for a small machine. Otherwise PostgreSQL's defaults apply, above all fsync. */
function settings({ durable, binaries }: StartServer, port: number): Record<string, string | number> {
  return {
    listen_addresses: '127.0.0.1',
    port,
    // Socket paths are limited to 107 bytes; data directories are not.
    unix_socket_directories: '',
    max_connections: 100,
    shared_buffers: '48MB',
    max_wal_size: '256MB',
    jit: 'off',
    ...(binaries.major >= 18 && { io_method: 'sync' }), // otherwise three more processes
    log_line_prefix: '%m [%p] ',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    // Errors without the values in the statement or the row.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    ...(!durable && {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      wal_level: 'minimal',
      max_wal_senders: 0,
      autovacuum: 'off',
      max_wal_size: '1GB',
      max_connections: 300,
    }),
  };
}

/** Resolves when the server accepts connections. */
export async function startServer(start: StartServer): Promise<Server> {
  const begin = performance.now();
  for (let portsTried = 0; ; ) {
    const port = portsTried === 0 && start.port ? start.port : await freePort();
    const result = await tryPort(start, port);
    if ('pid' in result) return result;
    if (/could not bind .* address|Address already in use/.test(result.output)) {
      portsTried += 1;
      if (portsTried < portsTriedMax) continue;
    }
    // Children of a killed server end as soon as they notice, and write until then.
    if (
      /pre-existing shared memory block/.test(result.output) &&
      performance.now() - begin < orphanTimeoutMs
    ) {
      start.signal?.throwIfAborted();
      await pause(orphanPollMs);
      continue;
    }
    throw explainOutput('to start', result.output, start.cluster);
  }
}

async function tryPort(start: StartServer, port: number): Promise<Server | { output: string }> {
  const logFile = await open(start.logFile, 'a', 0o600);
  const place = await openPlace(start.cluster, start.user);
  let forget: Cancel | undefined;
  try {
    const logStart = (await logFile.stat()).size;
    const args = Object.entries(settings(start, port)).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = startProgram(start.binaries.postgres, ['-D', place.seenAs, ...args], {
      place,
      output: logFile.fd,
    });
    const { pid } = child;
    if (pid !== undefined) forget = atExit(() => stopServerNow(pid));
    let end: string | undefined;
    child.on('error', (error) => {
      end = error.message;
    });
    child.on('exit', (code, signal) => {
      end = `Exited with ${code ?? signal}.`;
    });
    child.unref();
    let noticeAt = performance.now() + noticeAfterMs;
    while (end === undefined) {
      if (start.signal?.aborted && pid !== undefined) {
        await stopServer(pid);
        throw start.signal.reason;
      }
      const file = readPostmasterFile(start.cluster);
      if (file && file.pid === pid && file.isReady) return { pid: file.pid, port };
      if (performance.now() > noticeAt) {
        start.log.info('the database recovers from a crash; this can take minutes');
        noticeAt = Number.POSITIVE_INFINITY;
      }
      await pause(pollMs);
    }
    // The signal that ended it cancels the whole start.
    start.signal?.throwIfAborted();
    const written = (await readFile(start.logFile)).subarray(logStart).toString();
    return { output: written || end };
  } finally {
    forget?.();
    await place.close();
    await logFile.close();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('The TCP server has no port.');
  return address.port;
}

/** Fast shutdown, immediate shutdown (recovers at the next start), kill. */
const stopSignals = ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const;

/** Ends the connections, flushes everything to disk and waits until the process has ended. */
export async function stopServer(pid: number, timeoutMs = 20_000): Promise<void> {
  for (const signal of stopSignals) {
    if (!send(signal, pid)) return;
    if (await isGone(pid, signal === 'SIGINT' ? timeoutMs : Math.min(timeoutMs, 5_000))) return;
  }
}

/** Like stopServer, for a process that is exiting, with less time. */
export function stopServerNow(pid: number): void {
  for (const signal of stopSignals) {
    if (!send(signal, pid)) return;
    const deadline = performance.now() + (signal === 'SIGINT' ? 5_000 : 1_000);
    while (isAlive(pid) && performance.now() < deadline) pauseNow(pollMs);
    if (!isAlive(pid)) return;
  }
}

/** Returns false when the process has ended. */
function send(signal: NodeJS.Signals, pid: number): boolean {
  try {
    return kill(pid, signal);
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false;
    throw error;
  }
}

async function isGone(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isAlive(pid)) {
    if (performance.now() > deadline) return false;
    await pause(pollMs);
  }
  return true;
}

// Runs PostgreSQL's programs: as the right user, with an environment independent of ours, and with access to directories
// that this user could not reach by their path.
import { type ChildProcess, spawn } from 'node:child_process';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { kill, platform } from 'node:process';
import { atExit } from './at-exit.ts';
import { EmbeddedPostgresProblem } from './problem.ts';
import { canReach, type ServerUser } from './server-user.ts';

/** A directory of the server's user, opened for its programs. Close it when they have started. */
export interface Place {
  /** The path to pass to the programs. */
  readonly seenAs: string;
  readonly user: ServerUser | undefined;
  readonly handle: FileHandle | undefined;
  close(): Promise<void>;
}

/** The first descriptor after the three standard ones. */
const placeDescriptor = 3;

export async function openPlace(directory: string, user: ServerUser | undefined): Promise<Place> {
  const path = await realpath(directory);
  if (await canReach(path, user)) {
    return { seenAs: path, user, handle: undefined, close: async () => undefined };
  }
  if (platform !== 'linux') {
    throw new EmbeddedPostgresProblem(
      `PostgreSQL does not run as root, and the user nobody cannot reach ${path}. ` +
        'Start Pintail as another user, or set PINTAIL_DATA_DIR to a directory that all users can enter.',
    );
  }
  // Typically below /root. Linux resolves the link of a descriptor without checking the parent directories, so that the
  // programs need no rights except on the directory itself.
  const handle = await open(path);
  return { seenAs: `/proc/self/fd/${placeDescriptor}`, user, handle, close: () => handle.close() };
}

/** Passes no PG* variable to the programs. With the locale C their messages are English, which this package parses. */
const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

interface Start {
  place: Pick<Place, 'user' | 'handle'>;
  /** The target of its output; a descriptor, because a pipe would break when this process ends first. */
  output: number | 'pipe';
  input?: 'pipe';
}

export function startProgram(program: string, args: readonly string[], start: Start): ChildProcess {
  return spawn(program, args, {
    ...start.place.user,
    cwd: '/',
    env: environment,
    // In a separate session: Ctrl+C in the terminal must not reach it, or the database would stop before Pintail.
    detached: true,
    stdio: [start.input ?? 'ignore', start.output, start.output, start.place.handle?.fd ?? 'ignore'],
  });
}

export interface Outcome {
  succeeded: boolean;
  output: string;
}

interface Run extends Pick<Place, 'user' | 'handle'> {
  input?: string;
  /** Kills the program and its children. */
  signal?: AbortSignal | undefined;
}

/**
 * Runs a program until it ends, at the latest when this process ends. A program that cannot be started is a failed
 * outcome too.
 */
export function runProgram(program: string, args: readonly string[], run: Run): Promise<Outcome> {
  const { input, signal } = run;
  return new Promise((resolve) => {
    const child = startProgram(program, args, {
      place: run,
      output: 'pipe',
      ...(input !== undefined && { input: 'pipe' }),
    });
    const end = () => killGroup(child);
    const forget = atExit(end);
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
    const finish = (outcome: Outcome) => {
      forget();
      signal?.removeEventListener('abort', end);
      resolve(outcome);
    };
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('error', (error) => finish({ succeeded: false, output: error.message }));
    child.on('close', (code) => finish({ succeeded: code === 0, output }));
    // A program that ends early closes its input; its exit code is more useful than the broken pipe.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** Kills a detached program with its process group, such as the children of initdb. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    kill(-pid, 'SIGKILL');
  } catch {
    // It has already ended.
  }
}

// Runs PostgreSQL's programs: as the right user, with an environment that our own cannot disturb, and with a
// way into directories which that user could not reach by their path.
import { type ChildProcess, spawn } from 'node:child_process';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { kill, platform } from 'node:process';
import { atExit } from './at-exit.ts';
import { EmbeddedPostgresProblem } from './problem.ts';
import { canReach, type ServerUser } from './server-user.ts';

/** A directory that belongs to the server's user, open for its programs. Close it when they have started. */
export interface Place {
  /** The path to give to the programs. */
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
        'Start Pintail as an ordinary user, or set PINTAIL_DATA_DIR to a directory that everybody may enter.',
    );
  }
  // Typically below /root. Linux resolves a descriptor's link without looking at the directories above, so
  // that the programs can work there without more rights than the directory itself gives them.
  const handle = await open(path);
  return { seenAs: `/proc/self/fd/${placeDescriptor}`, user, handle, close: () => handle.close() };
}

/** No PG* variable of ours reaches the programs; C keeps their messages English, which we read. */
const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

interface Start {
  place: Pick<Place, 'user' | 'handle'>;
  /** Where its output goes; a descriptor, since a pipe would break when we die before it. */
  output: number | 'pipe';
  input?: 'pipe';
}

export function startProgram(program: string, args: readonly string[], start: Start): ChildProcess {
  return spawn(program, args, {
    ...start.place.user,
    cwd: '/',
    env: environment,
    // A session of its own: Ctrl-C in the terminal must reach us only, or the database would stop before us.
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
  /** Ends the program and what it has started. */
  signal?: AbortSignal | undefined;
}

/**
 * Runs a program to its end, which comes at the latest with the end of this process. That it cannot be run at
 * all is an outcome too.
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
    const settle = (outcome: Outcome) => {
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
    child.on('error', (error) => settle({ succeeded: false, output: error.message }));
    child.on('close', (code) => settle({ succeeded: code === 0, output }));
    // A program that ends early closes its input; its exit code says more than our broken pipe.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** A program leads a group of its own, since it is detached: initdb's children go with it. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

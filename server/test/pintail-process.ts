// Pintail as a user runs it: the command line in a separate process with a separate data folder, for tests that kill it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../bin/pintail.js', import.meta.url));

export interface PintailProcess {
  child: ChildProcess;
  /** Null for a worker. */
  url: string | null;
  /** Returns the whole output. */
  output(): string;
  kill9(): Promise<void>;
  /** Stops it as a service manager does. Resolves with the exit code. */
  stop(): Promise<number | null>;
}

export interface StartPintail {
  command?: 'serve' | 'worker' | 'migrate';
  dataDir: string;
  env?: Record<string, string>;
}

export interface LaunchedPintail {
  child: ChildProcess;
  output(): string;
  exited: Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  ready: Promise<{ url: string | null }>;
}

/** Starts it without waiting. It leads a process group, as in a terminal. */
export function launchPintail({ command = 'serve', dataDir, env = {} }: StartPintail): LaunchedPintail {
  const child = spawn(execPath, [program, command], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      PINTAIL_DATA_DIR: dataDir,
      PORT: '0',
      SIMULATOR_PORT: '0',
      LOG_FORMAT: 'json',
      ...env,
    },
  });
  let text = '';
  // After its output has ended too, so that nothing is missing from it.
  const exited = once(child, 'close') as LaunchedPintail['exited'];
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const ready = new Promise<{ url: string | null }>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      text += `${line}\n`;
      if (line.startsWith('{') && line.includes('"msg":"ready"'))
        resolve(JSON.parse(line) as { url: string | null });
    });
  });
  return { child, output: () => text, exited, ready };
}

/** Resolves when it logs that it is ready. @throws Error with its output when it ends first. */
export async function startPintail(start: StartPintail): Promise<PintailProcess> {
  const { child, output, exited, ready } = launchPintail(start);
  const outcome = await Promise.race([ready, exited]);
  if (Array.isArray(outcome)) throw new Error(`pintail ended with ${outcome[0]}:\n${output()}`);

  return {
    child,
    url: outcome.url,
    output,
    async kill9() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
  };
}

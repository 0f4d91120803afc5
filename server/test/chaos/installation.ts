// An installation of several processes, as large ones run it: the simulator of Pinterest, an API and several workers on
// one PostgreSQL. Parts can be killed, and are restarted automatically.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pause } from '../../src/platform/clock.ts';
import { type PintailProcess, startPintail } from '../pintail-process.ts';

const simulatorProgram = fileURLToPath(new URL('../../../simulator/src/main.ts', import.meta.url));
const pintailProgram = fileURLToPath(new URL('../../bin/pintail.js', import.meta.url));

const restartEveryMs = 500;
/** The database may be unavailable for as long as its recovery takes. */
const restartTriesMax = 120;

/** A part that can be killed at any moment. */
export interface Part {
  name: string;
  isUp(): boolean;
  /** Kills it like a power failure. Resolves when the process has ended. */
  kill9(): Promise<void>;
  /** Starts it again, and retries while a part that it needs is unavailable. */
  restart(): Promise<void>;
}

export interface ChaosInstallation {
  key: string;
  simulatorUrl: string;
  /** Changes with each start; null while the API is down. */
  apiUrl(): string | null;
  api: Part;
  workers: Part[];
  /** Stops each part as a service manager does, and removes its data. */
  stop(): Promise<void>;
}

export async function startChaosInstallation({
  databaseUrl,
  workers: workerCount,
}: {
  databaseUrl: string;
  workers: number;
}): Promise<ChaosInstallation> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pintail-chaos-'));
  const simulator = await startSimulatorProcess();
  const env = {
    DATABASE_URL: databaseUrl,
    PINTEREST_API_URL: `${simulator.url}/v5`,
    PINTAIL_ENCRYPTION_KEY: '42'.repeat(32),
    MEDIA_ALLOWED_PRIVATE_HOSTS: new URL(simulator.url).host,
    // Short enough for a test; the same mechanism.
    PINTAIL_LEASE_SECONDS: '3',
    PINTAIL_CONFIRM_DELAYS: '1,1,1',
  };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [pintailProgram, 'keys', 'create', '--name', 'chaos', '--organization', 'Chaos', '--json'],
    { env: { ...env, PATH: process.env.PATH ?? '', PINTAIL_DATA_DIR: dataDir, LOG_FORMAT: 'json' } },
  );
  const { key } = JSON.parse(stdout) as { key: string };

  const api = createPart('api', () => startPintail({ dataDir, env: { ...env, PINTAIL_ROLE: 'api' } }));
  const workers = Array.from({ length: workerCount }, (_, index) =>
    createPart(`worker ${index + 1}`, () => startPintail({ command: 'worker', dataDir, env })),
  );
  const parts = [api, ...workers];
  // For a process that ends at once, after Ctrl-C for example.
  const abandon = () => {
    for (const child of [...parts.map((part) => part.process()?.child), simulator.child])
      child?.kill('SIGKILL');
  };
  process.once('exit', abandon);
  await Promise.all(parts.map((part) => part.restart()));

  return {
    key,
    simulatorUrl: simulator.url,
    apiUrl: () => api.process()?.url ?? null,
    api,
    workers,
    async stop() {
      process.off('exit', abandon);
      await Promise.all(parts.map((part) => part.process()?.stop()));
      await simulator.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function createPart(name: string, start: () => Promise<PintailProcess>) {
  let current: PintailProcess | null = null;
  return {
    name,
    process: () => current,
    isUp: () => current !== null,
    async kill9() {
      const killed = current;
      current = null;
      await killed?.kill9();
    },
    async restart() {
      for (let tries = 1; ; tries += 1) {
        try {
          current = await start();
          return;
        } catch (error) {
          // For example, its database is unavailable at this moment.
          if (tries === restartTriesMax) throw error;
          await pause(restartEveryMs);
        }
      }
    },
  };
}

/** Runs until the end: its Pins are the reference of every check. */
async function startSimulatorProcess() {
  const child = spawn(process.execPath, [simulatorProgram, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(() => {
      throw new Error('The simulator ended before it was ready.');
    }),
  ])) as [string];
  const url = /(http:\S+?)\/? \(/.exec(line)?.[1];
  if (!url) throw new Error(`The simulator said "${line}".`);
  return {
    url,
    child,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

// Data directories with an embedded PostgreSQL, and other processes that use them.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { isServerOf, readPostmasterFile } from '../src/postmaster-pid.ts';
import { stopServer } from '../src/server.ts';
import {
  type EmbeddedPostgres,
  type StartEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../src/supervisor.ts';
import { createThrowawayFolder } from '../src/throwaway.ts';
import { eventually } from './eventually.ts';
import { silentLog as log } from './log.ts';

const program = fileURLToPath(new URL('./embedded-process.ts', import.meta.url));

/** A folder for the data directories of a test file. Call `remove` after all tests. */
export interface EmbeddedFolder {
  path: string;
  /** Creates a directory without a database. */
  newDirectory(): Promise<TestDirectory>;
  /** Creates a directory with a database in which the table `notes` has one row, `kept`. Its server does not run. */
  usedDirectory(below?: string): Promise<TestDirectory>;
  /** Removes the folder. Stops servers that tests left running, and then fails. */
  remove(): Promise<void>;
}

export interface TestDirectory {
  path: string;
  cluster: string;
  /** Uses the directory from this process, until the test ends or stops it. */
  start(settings?: Partial<StartEmbeddedPostgres>): Promise<EmbeddedPostgres>;
  /** Starts another process on it, without waiting for its database. */
  spawn(packageFolder?: string): ChildProcess;
  startProcess(packageFolder?: string): Promise<RunningProcess>;
  serverPid(): Promise<number>;
  /** Reads and writes postmaster.pid. */
  readPidFile(): Promise<string>;
  writePidFile(text: string): Promise<void>;
}

export interface RunningProcess {
  url: string;
  adopted: boolean;
  /** Returns everything that it has logged. */
  log(): string;
  /** Stops it gracefully. */
  end(): Promise<void>;
  /** Makes it call process.exit. */
  exit(): Promise<void>;
  kill9(): Promise<void>;
}

export async function createEmbeddedFolder(): Promise<EmbeddedFolder> {
  const path = await createThrowawayFolder('embedded');
  const directories: TestDirectory[] = [];

  async function newDirectory(below = ''): Promise<TestDirectory> {
    const directory = openDirectory(join(path, `data-${directories.length}`, below));
    await mkdir(directory.path, { recursive: true });
    directories.push(directory);
    return directory;
  }

  // Copied for the tests, which is faster than creating a database for each.
  const template = await newDirectory();
  const postgres = await startEmbeddedPostgres({ dataDir: template.path, log });
  await query(postgres.url, 'create table notes (text text)');
  await query(postgres.url, "insert into notes values ('kept')");
  await postgres.stop();

  return {
    path,
    newDirectory: () => newDirectory(),
    async usedDirectory(below) {
      const directory = await newDirectory(below);
      // As a person would copy it: the current user becomes the owner of all files.
      await promisify(execFile)('/bin/cp', ['-R', `${template.path}/.`, directory.path]);
      return directory;
    },
    async remove() {
      const running: string[] = [];
      for (const { cluster } of directories) {
        const file = readPostmasterFile(cluster);
        if (!file || !isServerOf(file.pid, cluster)) continue;
        running.push(cluster);
        await stopServer(file.pid);
      }
      await rm(path, { recursive: true, force: true });
      if (running.length > 0) throw new Error(`Servers were left running: ${running.join(', ')}`);
    },
  };
}

function openDirectory(path: string): TestDirectory {
  const cluster = join(path, 'postgres');
  const pidFile = join(cluster, 'postmaster.pid');
  const directory: TestDirectory = {
    path,
    cluster,
    async start(settings) {
      const postgres = await startEmbeddedPostgres({ dataDir: path, log, ...settings });
      onTestFinished(() => postgres.stop());
      return postgres;
    },
    spawn(packageFolder) {
      const args = [program, path, ...(packageFolder ? [packageFolder] : [])];
      const child = spawn(execPath, args, { stdio: 'pipe' });
      onTestFinished(() => {
        child.kill('SIGKILL');
      });
      return child;
    },
    startProcess: (packageFolder) => whenRunning(directory.spawn(packageFolder)),
    async serverPid() {
      const file = readPostmasterFile(cluster);
      if (!file) throw new Error('No server runs.');
      return file.pid;
    },
    readPidFile: () => readFile(pidFile, 'utf8'),
    async writePidFile(text) {
      const { uid, gid } = await stat(cluster);
      await writeFile(pidFile, text, { mode: 0o600 });
      await chown(pidFile, uid, gid);
    },
  };
  return directory;
}

async function whenRunning(child: ChildProcess): Promise<RunningProcess> {
  let output = '';
  let errors = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  await eventually('the process has its database', () => {
    if (child.exitCode !== null) throw new Error(`It ended: ${errors}`);
    return output.includes('\n');
  });
  return {
    ...(JSON.parse(output) as { url: string; adopted: boolean }),
    log: () => errors,
    async end() {
      child.stdin?.end();
      await once(child, 'exit');
    },
    async exit() {
      child.stdin?.write('exit\n');
      await once(child, 'exit');
    },
    kill9: () => kill9(child),
  };
}

export async function kill9(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

export async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return (await client.query(text).finally(() => client.end())).rows;
}

/** Returns the contents of the table of `usedDirectory`. */
export async function notes(url: string): Promise<string[]> {
  const rows = (await query(url, 'select text from notes order by text')) as { text: string }[];
  return rows.map(({ text }) => text);
}

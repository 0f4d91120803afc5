import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { arch, execPath, kill, platform } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../../../test/eventually.ts';
import { type Clock, systemClock } from '../../clock.ts';
import { createLog } from '../../log.ts';
import { SetupProblem } from '../setup-problem.ts';
import { findBinaries, requirePackage } from './binaries.ts';
import { readPassword } from './cluster.ts';
import { claimCluster, openDataDirectory, trimLog } from './data-directory.ts';
import { tryLock } from './lock.ts';
import { isAlive, isServerOf, readPostmasterFile } from './postmaster-pid.ts';
import { startServer } from './server.ts';
import { serverUser } from './server-user.ts';
import { type StartEmbeddedPostgres, startEmbeddedPostgres } from './supervisor.ts';

const isRoot = process.getuid?.() === 0;
const log = createLog({ level: 'silent', format: 'json' });
const program = fileURLToPath(new URL('../../../../test/embedded-process.ts', import.meta.url));

let folder: string;
/** A data directory with a database in it and no server. Copying one is faster than making one. */
let template: string;
let dataDir: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pintail-embedded-'));
  template = join(folder, 'template');
  await mkdir(template);
  const postgres = await startEmbeddedPostgres({ dataDir: template, log });
  await query(postgres.url, 'create table notes (text text)');
  await query(postgres.url, "insert into notes values ('kept')");
  await postgres.stop();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

afterEach(async () => {
  // Whatever a failed test has left running.
  for (const name of await readdir(folder)) {
    const cluster = join(folder, name, 'postgres');
    const file = await readPostmasterFile(cluster).catch(() => undefined);
    if (file && (await isServerOf(file.pid, cluster))) kill(file.pid, 'SIGKILL');
  }
});

let count = 0;
async function newDataDir(): Promise<string> {
  count += 1;
  dataDir = join(folder, `data-${count}`);
  await mkdir(dataDir);
  return dataDir;
}

/** A copy of the template. */
async function usedDataDir(): Promise<string> {
  await newDataDir();
  await copyTemplate();
  return dataDir;
}

/** As a person would: all files become ours, whoever the server's user is. */
async function copyTemplate(): Promise<void> {
  await promisify(execFile)('/bin/cp', ['-R', `${template}/.`, dataDir]);
}

async function writePidFile(text: string): Promise<void> {
  const { uid, gid } = await stat(cluster());
  await writeFile(pidFile(), text, { mode: 0o600 });
  await chown(pidFile(), uid, gid);
}

const cluster = () => join(dataDir, 'postgres');
const pidFile = () => join(cluster(), 'postmaster.pid');

async function start(settings: Partial<StartEmbeddedPostgres> = {}) {
  const postgres = await startEmbeddedPostgres({ dataDir, log, ...settings });
  onTestFinished(() => postgres.stop());
  return postgres;
}

async function serverPid(): Promise<number> {
  const file = await readPostmasterFile(cluster());
  if (!file) throw new Error('There is no server.');
  return file.pid;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return (await client.query(text).finally(() => client.end())).rows;
}

const notes = (url: string) => query(url, 'select text from notes order by text');

interface Running {
  child: ChildProcess;
  url: string;
  adopted: boolean;
  log: string;
}

/** Another Pintail on the data directory. */
function spawnProcess(): ChildProcess {
  const child = spawn(execPath, [program, dataDir], { stdio: 'pipe' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

async function running(child: ChildProcess): Promise<Running> {
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
  return { child, ...(JSON.parse(output) as { url: string; adopted: boolean }), log: errors };
}

const startProcess = () => running(spawnProcess());

async function end({ child }: Running): Promise<void> {
  child.stdin?.end();
  await once(child, 'exit');
}

async function kill9({ child }: Pick<Running, 'child'>): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('a first start', () => {
  test('makes a database in which Pintail may do everything, and nothing outside of it', async () => {
    await newDataDir();
    const { url, adopted } = await start();
    expect(adopted).toBe(false);
    await query(url, 'create table made (x text)');
    await query(url, 'create schema other');
    await expect(query(url, 'create role somebody')).rejects.toThrow(/permission denied/);
    await expect(query(url, "copy (select 1) to program 'true'")).rejects.toThrow(/permission denied/);
  });

  test('of two processes at once makes one database and one server', async () => {
    await newDataDir();
    const [one, two] = await Promise.all([startProcess(), startProcess()]);
    expect(one.url).toBe(two.url);
    expect([one.adopted, two.adopted].sort()).toEqual([false, true]);
    await Promise.all([end(one), end(two)]);
    expect(await readPostmasterFile(cluster())).toBeUndefined();
  });

  test('that was killed while it made the database is done again', async () => {
    await newDataDir();
    const run = join(dataDir, 'postgres-run');
    const child = spawnProcess();
    const unfinished = await eventually('initdb is at work', async () => {
      const [name] = (await readdir(run).catch(() => [])).filter((entry) => entry.startsWith('unfinished-'));
      if (!name) return undefined;
      const isAtWork = (await readdir(join(run, name, 'data')).catch(() => [])).length > 0;
      return isAtWork && name;
    });
    await kill9({ child });
    await expect(stat(cluster())).rejects.toThrow(/ENOENT/);
    const { url } = await start();
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await readdir(run)).not.toContain(unfinished);
  });
});

describe('a stop', () => {
  test('leaves no process and all data', async () => {
    await usedDataDir();
    const first = await start();
    await query(first.url, "insert into notes values ('more')");
    const pid = await serverPid();
    await first.stop();
    expect(await isAlive(pid)).toBe(false);
    expect(await readPostmasterFile(cluster())).toBeUndefined();
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await notes(second.url)).toEqual([{ text: 'kept' }, { text: 'more' }]);
  });

  test('may be asked for twice', async () => {
    await usedDataDir();
    const postgres = await start();
    await Promise.all([postgres.stop(), postgres.stop()]);
    await postgres.stop();
  });

  test('does not wait for connections that are still open', async () => {
    await usedDataDir();
    const postgres = await start();
    const client = new pg.Client({ connectionString: postgres.url });
    client.on('error', () => undefined);
    await client.connect();
    await postgres.stop();
    await expect(client.query('select 1')).rejects.toThrow();
  });

  test('of one process leaves the server to the other; the last one stops it', async () => {
    await usedDataDir();
    const one = await startProcess();
    const two = await startProcess();
    expect([one.adopted, two.adopted]).toEqual([false, true]);
    const pid = await serverPid();
    await end(one);
    expect(await isAlive(pid)).toBe(true);
    expect(await notes(two.url)).toEqual([{ text: 'kept' }]);
    await end(two);
    expect(await isAlive(pid)).toBe(false);
  });

  test('is not held up by a process that was killed', async () => {
    await usedDataDir();
    const one = await startProcess();
    const two = await startProcess();
    const pid = await serverPid();
    await kill9(one);
    expect(await isAlive(pid)).toBe(true);
    await end(two);
    expect(await isAlive(pid)).toBe(false);
  });
});

describe('after a kill -9', () => {
  test('of our process the living server is adopted, with everything in it', async () => {
    await usedDataDir();
    const killed = await startProcess();
    await query(killed.url, "insert into notes values ('before the kill')");
    const pid = await serverPid();
    await kill9(killed);
    const { url, adopted, stop } = await start();
    expect(adopted).toBe(true);
    expect(await serverPid()).toBe(pid);
    expect(await notes(url)).toEqual([{ text: 'before the kill' }, { text: 'kept' }]);
    await stop();
    expect(await isAlive(pid)).toBe(false);
  });

  test('of our process and of the server what was committed is recovered', async () => {
    await usedDataDir();
    const killed = await startProcess();
    await query(killed.url, "insert into notes values ('committed')");
    kill(await serverPid(), 'SIGKILL');
    await kill9(killed);
    const { url, adopted } = await start();
    expect(adopted).toBe(false);
    expect(await notes(url)).toEqual([{ text: 'committed' }, { text: 'kept' }]);
  });

  test('of the server it is started again on its port, and its data is there', async () => {
    await usedDataDir();
    let look = () => {};
    const clock: Clock = {
      ...systemClock,
      every(_, run) {
        look = run;
        return () => undefined;
      },
    };
    const { url } = await start({ clock });
    const pid = await serverPid();
    kill(pid, 'SIGKILL');
    await eventually('the server is dead', async () => !(await isAlive(pid)));
    look();
    await eventually('it is back', () => query(url, 'select 1').then(Boolean, () => false));
    expect(await notes(url)).toEqual([{ text: 'kept' }]);
    expect(await serverPid()).not.toBe(pid);
  });
});

describe('what an earlier server has left', () => {
  test('a server that hangs is replaced, and nothing is lost', async () => {
    await usedDataDir();
    const killed = await startProcess();
    await query(killed.url, "insert into notes values ('committed')");
    const pid = await serverPid();
    kill(pid, 'SIGSTOP');
    await kill9(killed);
    const { url, adopted } = await start({ answerPatienceMs: 300 });
    expect(adopted).toBe(false);
    expect(await isAlive(pid)).toBe(false);
    expect(await notes(url)).toEqual([{ text: 'committed' }, { text: 'kept' }]);
  });

  test.runIf(platform === 'linux')(
    'a server whose program was replaced by an upgrade is replaced',
    async () => {
      await usedDataDir();
      const old = join(folder, 'old-package');
      await promisify(execFile)('/bin/cp', ['-R', requirePackage(`${platform}-${arch}`), old]);
      // As after a kill -9 of the process that started it: nobody uses it.
      const binaries = await findBinaries({ user: serverUser(), copyTo: dataDir, log, packageFolder: old });
      const { logFile } = await openDataDirectory(dataDir);
      await claimCluster(cluster(), serverUser());
      const { pid } = await startServer({
        cluster: cluster(),
        binaries,
        user: serverUser(),
        logFile,
        log,
        durable: true,
      });
      await rm(dirname(binaries.postgres), { recursive: true });
      const { url, adopted } = await start();
      expect(adopted).toBe(false);
      expect(await isAlive(pid)).toBe(false);
      expect(await notes(url)).toEqual([{ text: 'kept' }]);
    },
  );

  test('a number that another process has by now does neither harm that process nor stop the start', async () => {
    await usedDataDir();
    const first = await start();
    const text = await readFile(pidFile(), 'utf8');
    await first.stop();
    // Of the server's user, whose processes PostgreSQL takes for servers.
    const other = spawn('/bin/sleep', ['600'], { ...serverUser(), stdio: 'ignore' });
    onTestFinished(() => {
      other.kill();
    });
    await writePidFile(text.replace(/^\d+/, String(other.pid)));
    const { url, adopted } = await start();
    expect(adopted).toBe(false);
    expect(await notes(url)).toEqual([{ text: 'kept' }]);
    expect(other.exitCode ?? other.signalCode).toBeNull();
  });

  test('an empty postmaster.pid does not stop the start', async () => {
    await usedDataDir();
    await writePidFile('');
    const { url } = await start();
    expect(await notes(url)).toEqual([{ text: 'kept' }]);
  });
});

describe('a directory', () => {
  test('whose path is longer than a socket path may be is as good as another', async () => {
    await newDataDir();
    dataDir = join(dataDir, 'long'.repeat(40), 'path');
    await mkdir(dataDir, { recursive: true });
    await copyTemplate();
    const { url, stop } = await start();
    expect(await notes(url)).toEqual([{ text: 'kept' }]);
    await stop();
  });

  test.runIf(isRoot).each([
    { whose: 'below a home of root that is closed', mode: 0o700 },
    { whose: 'that everybody may enter', mode: 0o711 },
  ])("$whose serves root, with the server as nobody's process", async ({ mode }) => {
    await usedDataDir();
    await chmod(folder, mode);
    await chmod(dataDir, mode);
    onTestFinished(() => chmod(folder, 0o700));
    const { url } = await start();
    expect(await notes(url)).toEqual([{ text: 'kept' }]);
    const status = await readFile(`/proc/${await serverPid()}/status`, 'utf8');
    expect(status).toMatch(/^Uid:\t65534\t65534/m);
    expect((await stat(join(cluster(), 'PG_VERSION'))).uid).toBe(65_534);
  });

  test('that others use with a server out of sight is refused', async () => {
    await usedDataDir();
    const { usersLock } = await openDataDirectory(dataDir);
    const share = tryLock(usersLock, 'shared');
    await expect(start({ absencePatienceMs: 100 })).rejects.toThrow(/perhaps it runs in another container/);
    share?.release();
    expect((await start()).adopted).toBe(false);
  });

  test('of another major version is refused and left alone', async () => {
    await usedDataDir();
    await writeFile(join(cluster(), 'PG_VERSION'), '12\n');
    const failure = await start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SetupProblem);
    expect(String(failure)).toMatch(/made by PostgreSQL 12; this version of Pintail brings PostgreSQL 18/);
    expect(await readFile(join(cluster(), 'PG_VERSION'), 'utf8')).toBe('12\n');
  });

  test('with files of somebody else where the database goes is refused and left alone', async () => {
    await newDataDir();
    await mkdir(cluster());
    await writeFile(join(cluster(), 'thesis.txt'), 'precious');
    await expect(start()).rejects.toThrow(/not a PostgreSQL data directory. Move it away/);
    expect(await readdir(cluster())).toEqual(['thesis.txt']);
  });

  test.skipIf(isRoot)('that may not be written to is refused with what to do', async () => {
    await newDataDir();
    await chmod(dataDir, 0o500);
    const failure = await start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SetupProblem);
    expect(String(failure)).toMatch(/may not write in its data directory .*chown/);
  });
});

describe('the server', () => {
  test('writes to disk what was committed', async () => {
    await usedDataDir();
    const { url } = await start();
    expect(
      await query(
        url,
        "select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')",
      ),
    ).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'full_page_writes', setting: 'on' },
      { name: 'synchronous_commit', setting: 'on' },
    ]);
  });

  test('keeps the password to a file of its user, out of logs, arguments and environment', async () => {
    await newDataDir();
    const process = await startProcess();
    const password = await readPassword(cluster());
    expect(password.length).toBeGreaterThan(30);
    expect((await stat(join(cluster(), 'pintail-password'))).mode & 0o777).toBe(0o600);
    await expect(query(process.url.replace(password, 'guess'), 'select 1')).rejects.toThrow(/password/);
    const pid = await serverPid();
    const { logFile } = await openDataDirectory(dataDir);
    const places = [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`, logFile];
    for (const place of places) {
      const text = await readFile(place, 'utf8').catch(() => '');
      expect(text).not.toContain(password);
    }
    await end(process);
    expect(process.log).not.toContain(password);
  });

  test('answers on this machine only', async () => {
    await usedDataDir();
    const { url } = await start();
    expect(new URL(url).hostname).toBe('127.0.0.1');
    expect(await query(url, "select current_setting('listen_addresses') as value")).toEqual([
      { value: '127.0.0.1' },
    ]);
  });

  test('has a log that is cut when it has grown, while the server goes on writing to it', async () => {
    await usedDataDir();
    const { url } = await start();
    const directory = await openDataDirectory(dataDir);
    await writeFile(directory.logFile, 'x'.repeat(6_000_000), { flag: 'a' });
    await trimLog(directory);
    expect((await stat(directory.logFile)).size).toBe(0);
    await expect(query(url, 'select wrong')).rejects.toThrow();
    const text = await eventually('a line about the error', async () => {
      const written = await readFile(directory.logFile, 'utf8');
      return written.includes('does not exist') && written;
    });
    expect(text).toMatch(/^\d{4}-/);
  });
});

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { arch, kill, platform } from 'node:process';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createTestClock } from '../test/clock.ts';
import {
  createEmbeddedFolder,
  type EmbeddedFolder,
  kill9,
  notes,
  query,
  type TestDirectory,
} from '../test/data-directories.ts';
import { eventually } from '../test/eventually.ts';
import { processesOn } from '../test/processes-on.ts';
import { requirePackage } from './binaries.ts';
import { openDataDirectory } from './data-directory.ts';
import { tryLock } from './lock.ts';
import { isAlive, readPostmasterFile } from './postmaster-pid.ts';
import { serverUser } from './server-user.ts';

let embedded: EmbeddedFolder;
beforeAll(async () => {
  embedded = await createEmbeddedFolder();
});
afterAll(() => embedded.remove());

describe('a first start', () => {
  test('a first start creates a database on which Pintail has all rights, and no rights outside of it', async () => {
    const directory = await embedded.newDirectory();
    const { url, adopted } = await directory.start();
    expect(adopted).toBe(false);
    await query(url, 'create table made (x text)');
    await query(url, 'create schema other');
    await expect(query(url, 'create role somebody')).rejects.toThrow(/permission denied/);
    await expect(query(url, "copy (select 1) to program 'true'")).rejects.toThrow(/permission denied/);
  });

  test('a first start of two processes at once creates one database and one server', async () => {
    const directory = await embedded.newDirectory();
    const [one, two] = await Promise.all([directory.startProcess(), directory.startProcess()]);
    expect(one.url).toBe(two.url);
    expect([one.adopted, two.adopted].sort()).toEqual([false, true]);
    await Promise.all([one.end(), two.end()]);
    expect(readPostmasterFile(directory.cluster)).toBeUndefined();
  });

  test('a first start that was killed while it created the database is repeated', async () => {
    const directory = await embedded.newDirectory();
    const run = join(directory.path, 'postgres-run');
    const child = directory.spawn();
    const unfinished = await eventually('initdb is at work', () => findUnfinished(directory));
    await kill9(child);
    await expect(stat(directory.cluster)).rejects.toThrow(/ENOENT/);
    const { url } = await directory.start();
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await readdir(run)).not.toContain(unfinished);
  });
});

describe('a stop', () => {
  test('a stop leaves no process, and all data', async () => {
    const directory = await embedded.usedDirectory();
    const first = await directory.start();
    await query(first.url, "insert into notes values ('more')");
    const pid = await directory.serverPid();
    await first.stop();
    expect(isAlive(pid)).toBe(false);
    expect(readPostmasterFile(directory.cluster)).toBeUndefined();
    const second = await directory.start();
    expect(second.adopted).toBe(false);
    expect(await notes(second.url)).toEqual(['kept', 'more']);
  });

  test('stopping twice has no effect', async () => {
    const directory = await embedded.usedDirectory();
    const postgres = await directory.start();
    await Promise.all([postgres.stop(), postgres.stop()]);
    await postgres.stop();
  });

  test('a stop does not wait for open connections', async () => {
    const directory = await embedded.usedDirectory();
    const postgres = await directory.start();
    const client = new pg.Client({ connectionString: postgres.url });
    client.on('error', () => undefined);
    await client.connect();
    await postgres.stop();
    await expect(client.query('select 1')).rejects.toThrow();
  });

  test('the server continues until the last of two processes stops', async () => {
    const directory = await embedded.usedDirectory();
    const one = await directory.startProcess();
    const two = await directory.startProcess();
    expect([one.adopted, two.adopted]).toEqual([false, true]);
    const pid = await directory.serverPid();
    await one.end();
    expect(isAlive(pid)).toBe(true);
    expect(await notes(two.url)).toEqual(['kept']);
    await two.end();
    expect(isAlive(pid)).toBe(false);
  });

  test('a stop does not wait for a process that was killed', async () => {
    const directory = await embedded.usedDirectory();
    const one = await directory.startProcess();
    const two = await directory.startProcess();
    const pid = await directory.serverPid();
    await one.kill9();
    expect(isAlive(pid)).toBe(true);
    await two.end();
    expect(isAlive(pid)).toBe(false);
  });
});

describe('a process that exits without having left', () => {
  test('a process that exits without leaving stops the server gracefully', async () => {
    const directory = await embedded.usedDirectory();
    const exiting = await directory.startProcess();
    await query(exiting.url, "insert into notes values ('before the exit')");
    const pid = await directory.serverPid();
    await exiting.exit();
    expect(isAlive(pid)).toBe(false);
    // PostgreSQL removes this file as the last thing it does.
    expect(readPostmasterFile(directory.cluster)).toBeUndefined();
    expect(await notes((await directory.start()).url)).toEqual(['before the exit', 'kept']);
  });

  test('a process that exits leaves the server to another one that uses it', async () => {
    const directory = await embedded.usedDirectory();
    const exiting = await directory.startProcess();
    const staying = await directory.startProcess();
    const pid = await directory.serverPid();
    await exiting.exit();
    expect(isAlive(pid)).toBe(true);
    expect(await notes(staying.url)).toEqual(['kept']);
    await staying.exit();
    expect(isAlive(pid)).toBe(false);
  });

  test('a process that exits ends the programs and servers that it is starting', async () => {
    const directory = await embedded.newDirectory();
    for (const [moment, isNow] of momentsOfAStart(directory)) {
      const child = directory.spawn();
      await eventually(moment, isNow, 60_000);
      child.stdin?.write('exit\n');
      await once(child, 'exit');
      expect(processesOn(directory.path), moment).toEqual([]);
    }
  }, 120_000);
});

describe('a start that is canceled', () => {
  test('a canceled start ends everything that it has started, and the next start succeeds', async () => {
    const directory = await embedded.newDirectory();
    for (const [moment, isNow] of momentsOfAStart(directory)) {
      const canceling = new AbortController();
      const starting = directory.start({ signal: canceling.signal });
      starting.catch(() => undefined);
      await eventually(moment, isNow, 60_000);
      canceling.abort(new Error('given up'));
      await expect(starting, moment).rejects.toThrow('given up');
      expect(processesOn(directory.path), moment).toEqual([]);
    }
    const run = await readdir(join(directory.path, 'postgres-run'));
    expect(run.filter((name) => name.startsWith('unfinished-'))).toEqual([]);
    const { url, adopted } = await directory.start();
    expect(adopted).toBe(false);
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  }, 120_000);

  test('a canceled start stops waiting for the lock, and leaves the server of others running', async () => {
    const directory = await embedded.usedDirectory();
    const user = await directory.startProcess();
    const { startLock } = await openDataDirectory(directory.path);
    const turn = tryLock(startLock, 'exclusive');
    const canceling = new AbortController();
    const starting = directory.start({ signal: canceling.signal });
    canceling.abort(new Error('given up'));
    await expect(starting).rejects.toThrow('given up');
    turn?.release();
    expect(await notes(user.url)).toEqual(['kept']);
    await user.end();
  });
});

describe('after a kill -9', () => {
  test('after a kill -9 of the process its running server is adopted, with all data', async () => {
    const directory = await embedded.usedDirectory();
    const killed = await directory.startProcess();
    await query(killed.url, "insert into notes values ('before the kill')");
    const pid = await directory.serverPid();
    await killed.kill9();
    const { url, adopted, stop } = await directory.start();
    expect(adopted).toBe(true);
    expect(await directory.serverPid()).toBe(pid);
    expect(await notes(url)).toEqual(['before the kill', 'kept']);
    await stop();
    expect(isAlive(pid)).toBe(false);
  });

  test('after a kill -9 of the process and of the server all commits are recovered', async () => {
    const directory = await embedded.usedDirectory();
    const killed = await directory.startProcess();
    await query(killed.url, "insert into notes values ('committed')");
    kill(await directory.serverPid(), 'SIGKILL');
    await killed.kill9();
    const { url, adopted } = await directory.start();
    expect(adopted).toBe(false);
    expect(await notes(url)).toEqual(['committed', 'kept']);
  });

  test('after a kill -9 of the server it is restarted on its port, with all data', async () => {
    const directory = await embedded.usedDirectory();
    const clock = createTestClock();
    const { url } = await directory.start({ clock });
    const pid = await directory.serverPid();
    kill(pid, 'SIGKILL');
    await eventually('the server is dead', () => !isAlive(pid));
    clock.advance(2_000);
    await eventually('it is back', () => query(url, 'select 1').then(Boolean, () => false));
    expect(await notes(url)).toEqual(['kept']);
    expect(await directory.serverPid()).not.toBe(pid);
  });
});

describe('what an earlier server has left', () => {
  test('a start waits for children of a killed server that still write', async () => {
    const directory = await embedded.usedDirectory();
    const killed = await directory.startProcess();
    const asSuperuser = killed.url.replace('pintail:', 'postgres:');
    const [child] = (await query(
      asSuperuser,
      "select pid from pg_stat_activity where backend_type = 'checkpointer'",
    )) as { pid: number }[];
    const childPid = child?.pid ?? 0;
    kill(childPid, 'SIGSTOP');
    kill(await directory.serverPid(), 'SIGKILL');
    await killed.kill9();
    const starting = directory.start();
    const { logFile } = await openDataDirectory(directory.path);
    await eventually('PostgreSQL has seen the child', async () =>
      (await readFile(logFile, 'utf8')).includes('still in use'),
    ).finally(() => kill(childPid, 'SIGCONT'));
    expect(await notes((await starting).url)).toEqual(['kept']);
  });

  test('a server that hangs is replaced, and no data is lost', async () => {
    const directory = await embedded.usedDirectory();
    const killed = await directory.startProcess();
    await query(killed.url, "insert into notes values ('committed')");
    const pid = await directory.serverPid();
    kill(pid, 'SIGSTOP');
    await killed.kill9();
    const { url, adopted } = await directory.start({ responseTimeoutMs: 300 });
    expect(adopted).toBe(false);
    expect(isAlive(pid)).toBe(false);
    expect(await notes(url)).toEqual(['committed', 'kept']);
  });

  test.runIf(platform === 'linux')(
    'a server whose program was replaced by an upgrade is replaced',
    async () => {
      const directory = await embedded.usedDirectory();
      const old = join(embedded.path, 'old-package');
      await promisify(execFile)('/bin/cp', ['-R', requirePackage(`${platform}-${arch}`), old]);
      const killed = await directory.startProcess(old);
      const pid = await directory.serverPid();
      await killed.kill9();
      await rm(join(old, 'native/bin'), { recursive: true });
      const { url, adopted } = await directory.start();
      expect(adopted).toBe(false);
      expect(isAlive(pid)).toBe(false);
      expect(await notes(url)).toEqual(['kept']);
    },
  );

  test('a stale process id that another process has now neither harms that process nor prevents the start', async () => {
    const directory = await embedded.usedDirectory();
    const first = await directory.start();
    const text = await directory.readPidFile();
    await first.stop();
    // A process of the server's user, which PostgreSQL could mistake for a server.
    const sleeper = spawn('/bin/sleep', ['600'], { ...serverUser(), stdio: 'ignore' });
    onTestFinished(() => {
      sleeper.kill();
    });
    await directory.writePidFile(text.replace(/^\d+/, String(sleeper.pid)));
    const { url, adopted } = await directory.start();
    expect(adopted).toBe(false);
    expect(await notes(url)).toEqual(['kept']);
    expect(sleeper.exitCode ?? sleeper.signalCode).toBeNull();
  });

  test('an empty postmaster.pid does not prevent the start', async () => {
    const directory = await embedded.usedDirectory();
    await directory.writePidFile('');
    const { url } = await directory.start();
    expect(await notes(url)).toEqual(['kept']);
  });
});

/** In order. */
function momentsOfAStart(directory: TestDirectory): [string, () => Promise<boolean>][] {
  return [
    ['initdb is at work', async () => (await findUnfinished(directory)) !== undefined],
    ['PostgreSQL starts', async () => readPostmasterFile(directory.cluster) !== undefined],
  ];
}

/** The name of the cluster that initdb creates. */
async function findUnfinished({ path }: TestDirectory): Promise<string | undefined> {
  const run = join(path, 'postgres-run');
  for (const name of await readdir(run).catch(() => [])) {
    if (!name.startsWith('unfinished-')) continue;
    if ((await readdir(join(run, name, 'data')).catch(() => [])).length > 0) return name;
  }
  return undefined;
}

import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createEmbeddedFolder, type EmbeddedFolder, notes, query } from '../test/data-directories.ts';
import { eventually } from '../test/eventually.ts';
import { readPassword } from './cluster.ts';
import { openDataDirectory, trimLog } from './data-directory.ts';
import { tryLock } from './lock.ts';
import { EmbeddedPostgresProblem } from './problem.ts';

const isRoot = process.getuid?.() === 0;
let embedded: EmbeddedFolder;
beforeAll(async () => {
  embedded = await createEmbeddedFolder();
});
afterAll(() => embedded.remove());

describe('a directory', () => {
  test('a data directory can have a path that is longer than a socket path', async () => {
    const directory = await embedded.usedDirectory(join('long'.repeat(40), 'path'));
    const { url } = await directory.start();
    expect(await notes(url)).toEqual(['kept']);
  });

  test.runIf(isRoot).each([
    { whose: 'below a home of root that is closed', mode: 0o700 },
    { whose: 'that everybody may enter', mode: 0o711 },
  ])("$whose serves root, with the server as nobody's process", async ({ mode }) => {
    const directory = await embedded.usedDirectory();
    await chmod(embedded.path, mode);
    await chmod(directory.path, mode);
    onTestFinished(() => chmod(embedded.path, 0o711));
    const { url } = await directory.start();
    expect(await notes(url)).toEqual(['kept']);
    const status = await readFile(`/proc/${await directory.serverPid()}/status`, 'utf8');
    expect(status).toMatch(/^Uid:\t65534\t65534/m);
    expect((await stat(join(directory.cluster, 'PG_VERSION'))).uid).toBe(65_534);
  });

  test('a data directory that others use with an invisible server is refused', async () => {
    const directory = await embedded.usedDirectory();
    const { usersLock } = await openDataDirectory(directory.path);
    const share = tryLock(usersLock, 'shared');
    await expect(directory.start({ absenceTimeoutMs: 100 })).rejects.toThrow(
      /it may run in another container/,
    );
    share?.release();
    expect((await directory.start()).adopted).toBe(false);
  });

  test('a data directory of another major version is refused and remains unchanged', async () => {
    const directory = await embedded.usedDirectory();
    await writeFile(join(directory.cluster, 'PG_VERSION'), '12\n');
    const failure = await directory.start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EmbeddedPostgresProblem);
    expect(String(failure)).toMatch(
      /created by PostgreSQL 12; this version of Pintail includes PostgreSQL 18/,
    );
    expect(await readFile(join(directory.cluster, 'PG_VERSION'), 'utf8')).toBe('12\n');
  });

  test('a data directory with foreign files in place of the database is refused and remains unchanged', async () => {
    const directory = await embedded.newDirectory();
    await mkdir(directory.cluster);
    await writeFile(join(directory.cluster, 'thesis.txt'), 'precious');
    await expect(directory.start()).rejects.toThrow(/not a PostgreSQL data directory. Move it away/);
    expect(await readdir(directory.cluster)).toEqual(['thesis.txt']);
  });

  test.skipIf(isRoot)('that may not be written to is refused with what to do', async () => {
    const directory = await embedded.newDirectory();
    await chmod(directory.path, 0o500);
    const failure = await directory.start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EmbeddedPostgresProblem);
    expect(String(failure)).toMatch(/cannot write to its data directory .*chown/);
  });
});

describe('the server', () => {
  test('the server flushes commits to disk', async () => {
    const directory = await embedded.usedDirectory();
    const { url } = await directory.start();
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

  test('the password is only in a file of its user, not in logs, arguments and environment', async () => {
    const directory = await embedded.newDirectory();
    const process = await directory.startProcess();
    const password = await readPassword(directory.cluster);
    expect(password.length).toBeGreaterThan(30);
    expect((await stat(join(directory.cluster, 'pintail-password'))).mode & 0o777).toBe(0o600);
    await expect(query(process.url.replace(password, 'guess'), 'select 1')).rejects.toThrow(/password/);
    const pid = await directory.serverPid();
    const { logFile } = await openDataDirectory(directory.path);
    const places = [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`, logFile];
    for (const place of places) {
      const text = await readFile(place, 'utf8').catch(() => '');
      expect(text).not.toContain(password);
    }
    await process.end();
    expect(process.log()).not.toContain(password);
  });

  test('the server listens on this machine only', async () => {
    const directory = await embedded.usedDirectory();
    const { url } = await directory.start();
    expect(new URL(url).hostname).toBe('127.0.0.1');
    expect(await query(url, "select current_setting('listen_addresses') as value")).toEqual([
      { value: '127.0.0.1' },
    ]);
  });

  test('the log is truncated when it is large, while the server continues to write to it', async () => {
    const directory = await embedded.usedDirectory();
    const { url } = await directory.start();
    const opened = await openDataDirectory(directory.path);
    const { logFile } = opened;
    await writeFile(logFile, 'x'.repeat(6_000_000), { flag: 'a' });
    await trimLog(opened);
    expect((await stat(logFile)).size).toBe(0);
    await expect(query(url, 'select wrong')).rejects.toThrow();
    const text = await eventually('a line about the error', async () => {
      const written = await readFile(logFile, 'utf8');
      return written.includes('does not exist') && written;
    });
    expect(text).toMatch(/^\d{4}-/);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kill, platform } from 'node:process';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../test/eventually.ts';
import { silentLog as log } from '../test/log.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { createCluster } from './cluster.ts';
import { isAlive, isServerOf, readPostmasterFile } from './postmaster-pid.ts';
import { startServer, stopServer } from './server.ts';
import { serverUser } from './server-user.ts';

const user = serverUser();
let folder: string;
let cluster: string;
let binaries: Binaries;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pintail-server-'));
  cluster = join(folder, 'postgres');
  const staging = join(folder, 'run');
  await mkdir(staging);
  binaries = await findBinaries({ user, copyTo: folder, log });
  await createCluster({ cluster, staging, binaries, user, durable: false });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const start = (port?: number) =>
  startServer({
    cluster,
    binaries,
    user,
    log,
    logFile: join(folder, 'log'),
    durable: false,
    ...(port && { port }),
  });

test('the server uses another port when its port is in use', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const server = await start(port);
  expect(server.port).not.toBe(port);
  expect(readPostmasterFile(cluster)).toEqual({ ...server, isReady: true });
  await stopServer(server.pid);
  taken.close();
});

test('a server is recognized by its process and its directory together', async () => {
  const server = await start();
  expect(isServerOf(server.pid, cluster)).toBe(true);
  expect(isServerOf(server.pid, folder)).toBe(false);
  expect(isServerOf(process.pid, cluster)).toBe(false);
  await stopServer(server.pid);
  expect(isAlive(server.pid)).toBe(false);
  expect(isServerOf(server.pid, cluster)).toBe(false);
});

test.runIf(platform === 'linux')('a process that is dead but not buried by its parent is dead', async () => {
  // The shell's child ends, and the program that replaces the shell never waits for it.
  const parent = spawn('/bin/sh', ['-c', 'sleep 0.05 & echo $!; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => {
    parent.kill('SIGKILL');
  });
  const [line] = await once(parent.stdout, 'data');
  const pid = Number(String(line));
  await eventually('it is dead', () => !isAlive(pid));
  expect(kill(pid, 0)).toBe(true);
});

test('a second server on the same directory does not start, and does not harm the first', async () => {
  const server = await start();
  await expect(start()).rejects.toThrow(/lock file "postmaster.pid" already exists/);
  expect(isServerOf(server.pid, cluster)).toBe(true);
  await stopServer(server.pid);
});

test('stopping a server that has ended has no effect', async () => {
  const { pid } = await start();
  await stopServer(pid);
  await stopServer(pid);
});

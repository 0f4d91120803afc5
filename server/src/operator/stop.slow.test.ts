// Tests that Pintail leaves no PostgreSQL running when it is stopped, at any moment and with any signal.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { execPath, kill } from 'node:process';
import { fileURLToPath } from 'node:url';
import { createThrowawayFolder, isAlive, readPostmasterFile } from '@pintail/embedded-postgres';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { processesOn } from '../../../embedded-postgres/test/processes-on.ts';
import type { AnyShape } from '../../test/answer.ts';
import { eventually } from '../../test/eventually.ts';
import { type LaunchedPintail, launchPintail, type StartPintail } from '../../test/pintail-process.ts';

// Whole processes start and stop here.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const startMsMax = 60_000;
let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await createThrowawayFolder('stop');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function newDataDir(): Promise<string> {
  count += 1;
  const dataDir = join(folder, String(count));
  await mkdir(dataDir);
  return dataDir;
}

function launch(dataDir: string, options: Partial<StartPintail> = {}): LaunchedPintail {
  const pintail = launchPintail({ dataDir, ...options });
  onTestFinished(() => {
    pintail.child.kill('SIGKILL');
  });
  return pintail;
}

async function whenReady(pintail: LaunchedPintail): Promise<string> {
  const outcome = await Promise.race([pintail.ready, pintail.exited]);
  if (Array.isArray(outcome)) throw new Error(`It ended with ${outcome[0]}: ${pintail.output()}`);
  return outcome.url ?? '';
}

function whenSaid(pintail: LaunchedPintail, text: string): Promise<unknown> {
  return eventually(text, () => pintail.output().includes(text), startMsMax);
}

/** Sends a signal to the process group, as a terminal does. */
function toGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  kill(-(pid ?? 0), signal);
}

function serverPid(dataDir: string): number {
  const file = readPostmasterFile(join(dataDir, 'postgres'));
  if (!file) throw new Error('There is no server.');
  return file.pid;
}

/** @param pid The pid of PostgreSQL, when it ran. */
function expectNothingLeft(dataDir: string, pid?: number): void {
  if (pid) expect(isAlive(pid)).toBe(false);
  expect(processesOn(dataDir)).toEqual([]);
  // PostgreSQL removes this file as the last thing it does.
  expect(readPostmasterFile(join(dataDir, 'postgres'))).toBeUndefined();
}

/** Resolves while Pinterest creates a Pin, which takes `delayMs`. */
async function publishSlowly(pintail: LaunchedPintail, dataDir: string, delayMs: number): Promise<void> {
  const url = await whenReady(pintail);
  await whenSaid(pintail, 'API key');
  const simulatorUrl = /Simulator\s+(\S+)/.exec(pintail.output())?.[1] ?? '';
  await fetch(`${simulatorUrl}/_control/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ faults: [{ operation: 'pins/create', kind: 'delay', when: 'before', delayMs }] }),
  });
  const key = readFileSync(join(dataDir, 'first-api-key'), 'utf8').trim();
  const call = async (path: string, body?: object) => {
    const answer = await fetch(`${url}/v1/accounts${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
    return (JSON.parse(text) as AnyShape).data;
  };
  const { id } = (await call('')).accounts[0];
  const [{ id: boardId }] = (await call(`/${id}/boards`)).boards;
  const { post } = await call(`/${id}/posts`, {
    mediaUrl: `${simulatorUrl}/samples/recipe.jpg`,
    ...{ title: 'Slow', description: 'd', url: 'https://example.com/', boardId, now: true },
  });
  await eventually('Pinterest is asked for the Pin', async () => {
    return (await call(`/${id}/posts/${post.id}`)).post.publication === 'creating';
  });
}

test('Ctrl+C that npm forwards counts once, and running work completes', async () => {
  const dataDir = await newDataDir();
  const pintail = launch(dataDir);
  await publishSlowly(pintail, dataDir, 2_000);
  const pid = serverPid(dataDir);
  toGroup(pintail.child, 'SIGINT');
  await whenSaid(pintail, '"msg":"stopping"');
  pintail.child.kill('SIGINT');
  expect(await pintail.exited).toEqual([0, null]);
  expect(pintail.output()).toMatch(/"msg":"stopping"[\s\S]*"outcome":"created"[\s\S]*"msg":"stopped"/);
  expectNothingLeft(dataDir, pid);
});

test('a connection that a client keeps alive does not delay the stop', async () => {
  const reached = Promise.withResolvers<() => void>();
  const slow = createHttpServer((_request, response) =>
    reached.resolve(() => response.writeHead(404).end()),
  ).listen(0, '127.0.0.1');
  await once(slow, 'listening');
  const { port } = slow.address() as AddressInfo;
  const dataDir = await newDataDir();
  const pintail = launch(dataDir, { env: { MEDIA_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${port}` } });
  const url = await whenReady(pintail);
  const key = (await readFile(join(dataDir, 'first-api-key'), 'utf8')).trim();
  const answered = fetch(`${url}/v1/media`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ url: `http://127.0.0.1:${port}/slow.jpg` }),
  });
  const answerMedia = await reached.promise;
  pintail.child.kill('SIGINT');
  await whenSaid(pintail, '"msg":"stopping"');
  answerMedia();
  expect((await answered).status).toBe(422);
  const answeredAt = performance.now();
  expect(await pintail.exited).toEqual([0, null]);
  // Less than the grace period of ten seconds.
  expect(performance.now() - answeredAt).toBeLessThan(5_000);
  slow.close();
});

test('a later second signal drops running work, and still stops the database', async () => {
  const dataDir = await newDataDir();
  const pintail = launch(dataDir);
  await publishSlowly(pintail, dataDir, 60_000);
  const pid = serverPid(dataDir);
  // Repeats the signal as an impatient person does; repeats in the first two seconds are ignored.
  await eventually('it ends', () => {
    pintail.child.kill('SIGINT');
    return pintail.child.exitCode !== null;
  });
  expect(await pintail.exited).toEqual([1, null]);
  expect(pintail.output()).toContain('"msg":"stopping"');
  expect(pintail.output()).not.toContain('"msg":"stopped"');
  expectNothingLeft(dataDir, pid);
});

test.each(['SIGTERM', 'SIGHUP'] as const)('%s stops Pintail gracefully', async (signal) => {
  const dataDir = await newDataDir();
  const pintail = launch(dataDir);
  await whenReady(pintail);
  const pid = serverPid(dataDir);
  pintail.child.kill(signal);
  expect(await pintail.exited).toEqual([0, null]);
  expectNothingLeft(dataDir, pid);
});

describe('a signal before Pintail is ready', () => {
  const lastMigration =
    namesIn(fileURLToPath(new URL('../platform/db/migrations', import.meta.url)))
      .sort()
      .at(-1) ?? '';
  const moments: Record<string, (dataDir: string, pintail: LaunchedPintail) => boolean> = {
    'while the database is created': (dataDir) =>
      namesIn(join(dataDir, 'postgres-run')).some((name) => name.startsWith('unfinished-')),
    'while PostgreSQL starts': (dataDir) => readPostmasterFile(join(dataDir, 'postgres')) !== undefined,
    'while migrations are applied': (_dataDir, pintail) => pintail.output().includes('applied a migration'),
    'while the parts are built': (_dataDir, pintail) => pintail.output().includes(lastMigration),
  };
  for (const [moment, isNow] of Object.entries(moments)) {
    for (const signal of ['SIGINT', 'SIGHUP'] as const) {
      test(`${signal} ${moment} leaves nothing running`, async () => {
        const dataDir = await newDataDir();
        const pintail = launch(dataDir);
        await eventually(moment, () => isNow(dataDir, pintail), startMsMax);
        toGroup(pintail.child, signal);
        expect(await pintail.exited, pintail.output()).toEqual([0, null]);
        expect(pintail.output()).not.toContain('"msg":"ready"');
        expectNothingLeft(dataDir);
      });
    }
  }
});

test('a start that fails stops the database that it has started', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  onTestFinished(() => {
    blocker.close();
  });
  const dataDir = await newDataDir();
  const { port } = blocker.address() as { port: number };
  const pintail = launch(dataDir, { env: { PORT: String(port) } });
  expect(await pintail.exited).toEqual([1, null]);
  expect(pintail.output()).toContain(`Port ${port} is in use`);
  // The premise: it had opened a database.
  expect(pintail.output()).toContain('applied a migration');
  expectNothingLeft(dataDir);
});

test('the database remains while another Pintail uses it, however the other one ends', async () => {
  const dataDir = await newDataDir();
  const staying = launch(dataDir);
  await whenReady(staying);
  const pid = serverPid(dataDir);
  const worker = { command: 'worker', env: { SIMULATOR_PORT: '1' } } as const;

  const stopped = launch(dataDir, worker);
  await whenReady(stopped);
  toGroup(stopped.child, 'SIGINT');
  expect(await stopped.exited).toEqual([0, null]);
  const early = launch(dataDir, worker);
  await whenSaid(early, '{');
  toGroup(early.child, 'SIGHUP');
  expect((await early.exited)[0]).toBe(0);
  const failed = launch(dataDir, { env: { PORT: new URL(await whenReady(staying)).port } });
  expect(await failed.exited).toEqual([1, null]);

  expect(isAlive(pid)).toBe(true);
  expect(serverPid(dataDir)).toBe(pid);
  expect((await fetch(`${await whenReady(staying)}/ready`)).status).toBe(200);
  toGroup(staying.child, 'SIGINT');
  expect(await staying.exited).toEqual([0, null]);
  expectNothingLeft(dataDir, pid);
});

test('a signal ends a command and the database that it has started', async () => {
  const dataDir = await newDataDir();
  const pintail = launch(dataDir, { command: 'migrate' });
  await eventually(
    'PostgreSQL starts',
    () => readPostmasterFile(join(dataDir, 'postgres')) !== undefined,
    startMsMax,
  );
  toGroup(pintail.child, 'SIGINT');
  expect(await pintail.exited).toEqual([130, null]);
  expectNothingLeft(dataDir);
});

test('an old Node prints the version that it needs, although it lacks exports of newer ones', () => {
  const program = fileURLToPath(new URL('../../bin/pintail.js', import.meta.url));
  // Node 20's version number, and a node:module without the names that came later.
  const old = `
    import { registerHooks } from 'node:module';
    Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier === 'node:module' && context.parentURL.endsWith('/pintail.js')
          ? { url: 'data:text/javascript,export const createRequire = 1', shortCircuit: true }
          : next(specifier, context),
    });`;
  const { status, stderr } = spawnSync(
    execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(old)}`, program, 'serve'],
    { encoding: 'utf8' },
  );
  expect(stderr).toMatch(/^Pintail needs Node 24 or newer; this is Node 20\.20\.2\..*\n$/);
  expect(status).toBe(1);
});

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return []; // Not yet.
  }
}

/** The command of util-linux that runs another command on its own terminal. */
const hasScript = (() => {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
})();

describe.skipIf(!hasScript)('npm start in a terminal', () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url));

  function inTerminal(dataDir: string) {
    const child = spawn('script', ['-qefc', 'exec npm start', '/dev/null'], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        PATH: `${dirname(execPath)}:${process.env.PATH}`,
        HOME: process.env.HOME ?? '',
        PINTAIL_DATA_DIR: dataDir,
        PORT: '0',
        SIMULATOR_PORT: '0',
      },
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    const exited = once(child, 'exit') as Promise<[number | null]>;
    return { child, exited, output: () => text };
  }

  test('stops in order on Ctrl+C', async () => {
    const dataDir = await newDataDir();
    const { child, exited, output } = inTerminal(dataDir);
    await eventually('it is ready', () => output().includes('is ready.'), startMsMax);
    const pid = serverPid(dataDir);
    child.stdin.write('\x03');
    expect(await exited, output()).toEqual([0, null]);
    expect(output()).toMatch(/stopping[\s\S]*stopped/);
    expectNothingLeft(dataDir, pid);
  });

  test('a closed terminal leaves no process', async () => {
    const dataDir = await newDataDir();
    const { child, output } = inTerminal(dataDir);
    await eventually('it is ready', () => output().includes('is ready.'), startMsMax);
    const pid = serverPid(dataDir);
    // The terminal closes with the process that created it.
    child.kill('SIGKILL');
    await eventually('the database has ended', () => !isAlive(pid));
    await eventually('Pintail has ended', () => processesOn(dataDir).length === 0);
    expectNothingLeft(dataDir, pid);
  });
});

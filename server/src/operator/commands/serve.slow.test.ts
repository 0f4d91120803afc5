// Pintail as a user runs it: started, used, killed, started again.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { AnyShape } from '../../../test/answer.ts';
import { createTestDatabase } from '../../../test/database.ts';
import { eventually } from '../../../test/eventually.ts';
import { type PintailProcess, type StartPintail, startPintail } from '../../../test/pintail-process.ts';
import { addMs, systemClock } from '../../platform/clock.ts';

// Whole processes start, die and recover here.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let dataDir: string;
const running: PintailProcess[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pintail-serve-'));
});
afterEach(async () => {
  for (const pintail of running.splice(0)) if (pintail.child.exitCode === null) await pintail.stop();
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

/** Shorter than the default, with the same mechanism. */
const quick = { PINTAIL_LEASE_SECONDS: '3', PINTAIL_CONFIRM_DELAYS: '1,1,1' };

async function start(options: Partial<StartPintail> = {}): Promise<PintailProcess> {
  const pintail = await startPintail({ dataDir, ...options, env: { ...quick, ...options.env } });
  running.push(pintail);
  return pintail;
}

/** Runs the printed curl command in a shell. */
async function paste(pintail: PintailProcess) {
  // Printed after the line that says that it is ready, so it may come later.
  const command = await eventually(
    'the curl is printed',
    () => /^curl .*\n(?: {2}.*\n)+(?=\n)/m.exec(pintail.output())?.[0],
  );
  const { stdout } = await promisify(execFile)('sh', ['-c', command]);
  return JSON.parse(stdout);
}

async function client(pintail: PintailProcess) {
  const key = (await readFile(join(dataDir, 'first-api-key'), 'utf8')).trim();
  const call = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${pintail.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as AnyShape };
  };
  const account = `/v1/accounts/${(await call('GET', '/v1/accounts')).body.data.accounts[0].id}`;
  const boardId = (await call('GET', `${account}/boards`)).body.data.boards[0].id;
  const simulatorUrl = await eventually(
    'the address of the simulator is printed',
    () => /Simulator\s+(\S+)\s/.exec(pintail.output())?.[1],
  );
  return {
    call,
    account,
    simulatorUrl,
    schedule: (title: string, inMs: number) =>
      call('POST', `${account}/posts`, {
        mediaUrl: `${simulatorUrl}/samples/recipe.jpg`,
        title,
        description: 'd',
        url: 'https://example.com/',
        boardId,
        sendAt: addMs(systemClock.now(), inMs).toISOString(),
      }),
    async pinTitles(): Promise<string[]> {
      const answer = await fetch(`${simulatorUrl}/_control/pins`);
      return ((await answer.json()) as { pins: { title: string }[] }).pins.map((pin) => pin.title);
    },
  };
}

test('after a first start the printed curl works as pasted, and a scheduled post becomes a Pin', async () => {
  const pintail = await start();
  expect(await (await fetch(`${pintail.url}/health`)).json()).toEqual({ status: 'ok' });
  expect(await (await fetch(`${pintail.url}/ready`)).json()).toMatchObject({ status: 'ready' });
  expect((await paste(pintail)).data.post).toMatchObject({ status: 'draft' });
  const { schedule, call, account, pinTitles } = await client(pintail);
  const { body } = await schedule('First', 500);
  const sent = await eventually('the post is sent', async () => {
    const { post } = (await call('GET', `${account}/posts/${body.data.post.id}`)).body.data;
    return post.status === 'sent' ? post : undefined;
  });
  expect(sent.pinId).toMatch(/^\d+$/);
  expect(await pinTitles()).toContain('First');
  expect(await pintail.stop()).toBe(0);
  // PostgreSQL removes this file as the last thing it does.
  expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
});

test('a second start has the same key, account and posts, and the simulator its Pins', async () => {
  const pintail = await start();
  const { call, account, pinTitles } = await client(pintail);
  expect((await call('GET', '/v1/accounts')).body.data.accounts).toHaveLength(1);
  expect((await call('GET', `${account}/posts?status=sent`)).body.data.posts).toMatchObject([
    { title: 'First' },
  ]);
  expect(await pinTitles()).toEqual(['First']);
  expect((await paste(pintail)).data.post.status).toBe('draft');
});

test('a start after the simulator revoked the tokens works, and the account is connected again', async () => {
  const first = await start();
  const { call, account, simulatorUrl, schedule } = await client(first);
  await fetch(`${simulatorUrl}/_control/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ faults: [{ operation: 'pins/create', kind: 'event', event: 'revokeTokens' }] }),
  });
  await schedule('Refused', 300);
  await eventually('the account is unauthorized', async () => {
    const { body } = await call('GET', account);
    return body.data.account.tokenAuthorized ? undefined : true;
  });
  await first.stop();
  const { call: callAgain, account: sameAccount } = await client(await start());
  expect(sameAccount).toBe(account);
  expect((await callAgain('GET', account)).body.data.account.tokenAuthorized).toBe(true);
});

test('after kill -9 at any moment, no accepted post is lost and none is published twice', async () => {
  const earlier = ['First', 'Refused'];
  const accepted: string[] = [];
  // Killed after this number of accepted posts: while they are created, due, claimed, published, resolved.
  for (const [round, postsBeforeKill] of [1, 3, 5, 2, 4].entries()) {
    const pintail = await start();
    const { schedule } = await client(pintail);
    for (let index = 0; index < postsBeforeKill; index += 1) {
      const title = `kill ${round} ${index}`;
      const { status } = await schedule(title, 300 + 40 * index);
      expect(status).toBe(201);
      accepted.push(title);
    }
    await pintail.kill9();
  }
  const pintail = await start();
  const { pinTitles, call, account } = await client(pintail);
  await eventually(
    'every accepted post is sent',
    async () => {
      const { posts } = (await call('GET', `${account}/posts?status=sent&limit=100`)).body.data;
      return posts.length === accepted.length + earlier.length;
    },
    60_000,
  );
  expect((await pinTitles()).sort()).toEqual([...accepted, ...earlier].sort());
});

test('API and worker as two processes on one PostgreSQL server share the work', async () => {
  const simulatorHost = await start();
  const { simulatorUrl } = await client(simulatorHost);
  const { url, drop } = await createTestDatabase();
  const shared = {
    DATABASE_URL: url,
    PINTEREST_API_URL: `${simulatorUrl}/v5`,
    PINTAIL_ENCRYPTION_KEY: '11'.repeat(32),
    MEDIA_ALLOWED_PRIVATE_HOSTS: new URL(simulatorUrl).host,
    PORT: '0',
  };
  const second = { dataDir: join(dataDir, 'second'), env: shared };
  const cli = (...args: string[]) => runCli(second.dataDir, shared, args);
  const token = 'pina_second_account';
  await fetch(`${simulatorUrl}/_control/seed`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      accounts: [{ username: 'second', boards: [{ name: 'B' }], tokens: [{ accessToken: token }] }],
    }),
  });
  const { key } = JSON.parse(await cli('keys', 'create', '--name', 'n', '--organization', 'O', '--json'));
  const account = JSON.parse(
    await cli('accounts', 'add', '--access-token', token, '--organization', 'O', '--json'),
  );
  const api = await start({ ...second, env: { ...shared, PINTAIL_ROLE: 'api' } });
  const worker = await start({ ...second, command: 'worker', env: { ...shared, WORKER_PORT: '0' } });
  // A process with only a worker serves its status and nothing else.
  const [, status] = /"url":"([^"]+)","msg":"status of the worker"/.exec(worker.output()) ?? [];
  expect(await (await fetch(`${status}/health`)).json()).toEqual({ status: 'ok' });
  expect(await (await fetch(`${status}/ready`)).json()).toMatchObject({ status: 'ready' });
  expect(await (await fetch(`${status}/metrics`)).text()).toContain('role="worker"');
  expect((await fetch(`${status}/v1/accounts`)).status).toBe(404);
  const call = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${api.url}/v1/accounts/${account.id}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return (await answer.json()) as AnyShape;
  };
  const boardId = (await call('GET', '/boards')).data.boards[0].id;
  const created = await call('POST', '/posts', {
    mediaUrl: `${simulatorUrl}/samples/garden.png`,
    title: 'Shared',
    description: 'd',
    url: 'https://example.com/',
    boardId,
    sendAt: addMs(systemClock.now(), 300).toISOString(),
  });
  await eventually(
    'the post is sent',
    async () => (await call('GET', `/posts/${created.data.post.id}`)).data.post.status === 'sent',
  );
  expect(await worker.stop()).toBe(0);
  expect(await api.stop()).toBe(0);
  await drop();
});

async function runCli(folder: string, env: Record<string, string>, args: string[]): Promise<string> {
  const program = new URL('../../../bin/pintail.js', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
    env: { ...env, PATH: process.env.PATH ?? '', PINTAIL_DATA_DIR: folder, LOG_FORMAT: 'json' },
  });
  return stdout;
}

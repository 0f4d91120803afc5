import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../server/test/eventually.ts';
import { type PintailProcess, startPintail } from '../../server/test/pintail-process.ts';
import { deadHost, groups } from './seed-content.ts';

// A server publishes about sixty posts.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let dataDir: string;
let pintail: PintailProcess;
let simulatorUrl: string;
let first: { code: number; output: string };

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pintail-seed-'));
  pintail = await startPintail({ dataDir, env: { WEBHOOK_ALLOWED_PRIVATE_HOSTS: deadHost } });
  await eventually('the simulator prints its address', async () => /Simulator +http/.test(pintail.output()));
  simulatorUrl = /Simulator +(http:\S+)/.exec(pintail.output())?.[1] ?? '';
  first = await seed();
});
afterAll(async () => {
  await pintail.stop();
  await rm(dataDir, { recursive: true, force: true });
});

function seed(env: Record<string, string> = {}): Promise<{ code: number; output: string }> {
  const options = {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: {
      PATH: process.env.PATH,
      PINTAIL_DATA_DIR: dataDir,
      PORT: new URL(pintail.url ?? '').port,
      SIMULATOR_PORT: new URL(simulatorUrl).port,
      ...env,
    },
  };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['scripts/seed/seed.ts'], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });
}

async function get<Data>(path: string): Promise<Data> {
  const key = (await readFile(join(dataDir, 'first-api-key'), 'utf8')).trim();
  const response = await fetch(`${pintail.url}${path}`, { headers: { authorization: `Bearer ${key}` } });
  return ((await response.json()) as { data: Data }).data;
}

interface Contents {
  posts: Record<string, number>;
  failureCodes: string[];
  publications: string[];
  pins: number;
  webhooks: number;
  pausedAccounts: number;
  boardLists: number;
  timeslots: number;
}

async function readContents(): Promise<Contents> {
  const { accounts } = await get<{ accounts: { id: string; publishing: string }[] }>('/v1/accounts');
  const contents: Contents = {
    posts: {},
    failureCodes: [],
    publications: [],
    pins: 0,
    webhooks: (await get<{ webhooks: unknown[] }>('/v1/webhooks')).webhooks.length,
    pausedAccounts: accounts.filter(({ publishing }) => publishing === 'paused').length,
    boardLists: 0,
    timeslots: 0,
  };
  for (const { id } of accounts) {
    const path = `/v1/accounts/${id}`;
    contents.boardLists += (await get<{ boardLists: unknown[] }>(`${path}/board-lists`)).boardLists.length;
    contents.timeslots += (await get<{ timeslots: unknown[] }>(`${path}/timeslots`)).timeslots.length;
    for (const status of ['draft', 'queued', 'uploading', 'sent', 'failed']) {
      const { posts } = await get<{ posts: { publication: string; failure: { code: string } | null }[] }>(
        `${path}/posts?limit=100&status=${status}`,
      );
      contents.posts[status] = (contents.posts[status] ?? 0) + posts.length;
      if (status === 'failed') contents.failureCodes.push(...posts.map(({ failure }) => failure?.code ?? ''));
      if (status === 'uploading') contents.publications.push(...posts.map(({ publication }) => publication));
    }
  }
  contents.failureCodes = [...new Set(contents.failureCodes)].sort();
  const { pins } = (await (await fetch(`${simulatorUrl}/_control/pins`)).json()) as { pins: unknown[] };
  contents.pins = pins.length;
  return contents;
}

const total = (contents: Contents) => Object.values(contents.posts).reduce((sum, count) => sum + count, 0);

describe('npm run seed', () => {
  test('npm run seed fills an installation with 200 posts in every status', async () => {
    expect(first, first.output).toMatchObject({ code: 0 });
    const contents = await readContents();
    expect(contents).toEqual({
      posts: { draft: 44, queued: 76, uploading: 6, sent: 60, failed: 14 },
      failureCodes: ['board_not_found', 'image_broken', 'not_permitted'],
      publications: Array.from({ length: 6 }, () => 'confirming'),
      pins: 60,
      webhooks: 1,
      pausedAccounts: 1,
      boardLists: 2,
      timeslots: 21,
    });
    expect(total(contents)).toBe(groups.reduce((sum, { count }) => sum + count, 0));
  });

  test('npm run seed prints what it added', () => {
    for (const { shows } of groups) expect(first.output).toContain(`posts: ${shows}`);
    expect(first.output).toMatch(/ 1 {2}failing webhooks/);
  });

  test('a second run adds nothing', async () => {
    const before = await readContents();
    const second = await seed();
    expect(second.code, second.output).toBe(0);
    expect(second.output).toContain('nothing was added');
    expect(await readContents()).toEqual(before);
  });

  test('npm run seed refuses an installation for the real Pinterest', async () => {
    const { code, output } = await seed({
      PINTEREST_ENVIRONMENT: 'sandbox',
      PINTEREST_APP_ID: '1',
      PINTEREST_APP_SECRET: 's',
    });
    expect(code).toBe(1);
    expect(output).toContain('simulator only');
  });
});

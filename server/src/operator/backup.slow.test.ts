// Backup and restore as an operator runs them, while posts are created and published, with a loss of the installation
// in between. The Pins on the simulator are counted.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Simulator, startSimulator } from '@pintail/simulator';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { AnyShape } from '../../test/answer.ts';
import { eventually } from '../../test/eventually.ts';
import { type PintailProcess, startPintail } from '../../test/pintail-process.ts';
import { addMs, systemClock } from '../platform/clock.ts';
import { credentials, startS3 } from '../platform/storage/s3-server.fixture.ts';

// Whole processes and whole databases.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let folder: string;
let simulator: Simulator;
const running: PintailProcess[] = [];
const token = 'pina_backed_up';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pintail-backup-'));
  // Survives the disaster, as Pinterest does.
  simulator = await startSimulator();
  await fetch(`${simulator.url}/_control/seed`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      accounts: [{ username: 'kept', boards: [{ name: 'B' }], tokens: [{ accessToken: token }] }],
    }),
  });
});
afterEach(async () => {
  for (const pintail of running.splice(0)) if (pintail.child.exitCode === null) await pintail.stop();
});
afterAll(async () => {
  await simulator.close();
  await rm(folder, { recursive: true, force: true });
});

const env = () => ({
  PINTEREST_ENVIRONMENT: 'simulator',
  PINTEREST_API_URL: simulator.apiUrl,
  MEDIA_ALLOWED_PRIVATE_HOSTS: new URL(simulator.url).host,
  PINTAIL_LEASE_SECONDS: '3',
  PINTAIL_CONFIRM_DELAYS: '1,1,1',
});

async function start(dataDir: string): Promise<PintailProcess> {
  const pintail = await startPintail({ dataDir, env: env() });
  running.push(pintail);
  return pintail;
}

const cli = (dataDir: string, ...args: string[]) => cliWith({}, dataDir, ...args);

async function cliWith(
  settings: Record<string, string>,
  dataDir: string,
  ...args: string[]
): Promise<string> {
  const program = new URL('../../bin/pintail.js', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
    env: {
      ...env(),
      ...settings,
      PATH: process.env.PATH ?? '',
      PINTAIL_DATA_DIR: dataDir,
      LOG_FORMAT: 'json',
    },
  });
  return stdout;
}

async function pinTitles(): Promise<string[]> {
  const answer = await fetch(`${simulator.url}/_control/pins`);
  return ((await answer.json()) as { pins: { title: string }[] }).pins.map((pin) => pin.title).sort();
}

function client(pintail: PintailProcess, key: string, accountId: string, boardId = '') {
  const call = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${pintail.url}/v1/accounts/${accountId}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, data: ((await answer.json()) as AnyShape).data };
  };
  return {
    call,
    async schedule(title: string, inMs: number) {
      const { status, data } = await call('POST', '/posts', {
        mediaUrl: `${simulator.url}/samples/recipe.jpg`,
        title,
        description: 'd',
        url: 'https://example.com/',
        boardId,
        sendAt: addMs(systemClock.now(), inMs).toISOString(),
      });
      expect(status).toBe(201);
      return data.post;
    },
    statusOf: async (id: string) => (await call('GET', `/posts/${id}`)).data.post,
  };
}

test('a backup made under load and restored after a disaster has every post with its media, and publishes nothing twice', async () => {
  const first = join(folder, 'first');
  const { key } = JSON.parse(await cli(first, 'keys', 'create', '--name', 'n', '--json'));
  const account = JSON.parse(await cli(first, 'accounts', 'add', '--access-token', token, '--json'));
  let pintail = await start(first);
  const boards = (await client(pintail, key, account.id).call('GET', '/boards')).data.boards;
  const before = client(pintail, key, account.id, boards[0].id);

  // Some are published before the backup, some during it, some after it, and some are due long after the restore.
  const posts = [];
  for (let number = 0; number < 2; number += 1) posts.push(await before.schedule(`early ${number}`, 300));
  for (let number = 0; number < 8; number += 1) {
    posts.push(await before.schedule(`during ${number}`, 500 + 500 * number));
  }
  posts.push(await before.schedule('after the backup, before the disaster', 8_000));
  const far = await before.schedule('far in the future', 3_600_000);
  const backup = join(folder, 'backup');
  let isDone = false;
  const backingUp = cli(first, 'backup', '--to', backup).finally(() => {
    isDone = true;
  });
  const late: string[] = [];
  // Writes that the backup may or may not contain.
  while (!isDone && late.length < 20) late.push((await before.schedule(`late ${late.length}`, 200)).title);
  expect(await backingUp).toMatch(/encryption key/);

  // All are published, which the backup does not contain; then the installation is lost.
  await eventually(
    'all due posts are published',
    async () => (await pinTitles()).length === posts.length + late.length,
    60_000,
  );
  const published = await pinTitles();
  await pintail.kill9();
  const second = join(folder, 'second');
  const said = await cli(second, 'restore', '--from', backup);
  expect(said).toMatch(/searched for on Pinterest before they are published: \d+\./);
  expect(said).toMatch(/never runs again/);
  expect((await readdir(second)).includes('restoring')).toBe(false);

  pintail = await start(second);
  const after = client(pintail, key, account.id, boards[0].id);
  for (const { id, title } of posts) {
    const post = await eventually(
      `${title} is sent`,
      async () => {
        const post = await after.statusOf(id);
        return post.status === 'sent' ? post : undefined;
      },
      60_000,
    );
    const picture = await fetch(post.mediaUrl.replace(/^http:\/\/[^/]+/, pintail.url));
    expect([title, picture.status]).toEqual([title, 200]);
    expect((await picture.arrayBuffer()).byteLength).toBe(post.media.bytes);
  }
  expect(await after.statusOf(far.id)).toMatchObject({ status: 'queued' });
  // The late posts that the backup contains are resolved too, and Pinterest has no Pin twice.
  await eventually('no post is being published', async () => {
    const open = (await after.call('GET', '/posts?status=uploading&limit=100')).data.posts;
    return open.length === 0;
  });
  expect(await pinTitles()).toEqual(published);

  // The key from the backup decrypts the tokens: new posts are published.
  const { id } = await after.schedule('new after the restore', 200);
  await eventually('the new post is sent', async () => (await after.statusOf(id)).status === 'sent');
});

test('a post that was not published after the backup is published by the restored installation, once', async () => {
  const dataDir = join(folder, 'third');
  const { key } = JSON.parse(await cli(dataDir, 'keys', 'create', '--name', 'n', '--json'));
  const account = JSON.parse(await cli(dataDir, 'accounts', 'add', '--access-token', token, '--json'));
  const pintail = await start(dataDir);
  const boards = (await client(pintail, key, account.id).call('GET', '/boards')).data.boards;
  const before = client(pintail, key, account.id, boards[0].id);
  const { id, sendAt } = await before.schedule('due while all was down', 6_000);
  await pintail.kill9();
  // A backup also works while Pintail is stopped.
  await cli(dataDir, 'backup', '--to', join(folder, 'backup-3'));
  await eventually('its time has passed', () => systemClock.now().getTime() / 1000 > sendAt + 1);
  const restored = join(folder, 'fourth');
  expect(await cli(restored, 'restore', '--from', join(folder, 'backup-3'))).toMatch(
    /before they are published: 1\./,
  );
  const again = await start(restored);
  const after = client(again, key, account.id, boards[0].id);
  await eventually('the post is sent', async () => (await after.statusOf(id)).status === 'sent', 30_000);
  expect((await pinTitles()).filter((title) => title === 'due while all was down')).toHaveLength(1);
  const { events } = (await after.call('GET', `/posts/${id}/timeline`)).data;
  expect(events.map(({ type }: { type: string }) => type)).toEqual(
    expect.arrayContaining(['post.unknown', 'post.searched', 'post.cleared', 'post.sent']),
  );
});

test('a restore refuses to overwrite a database, and refuses an incomplete backup', async () => {
  await expect(cli(join(folder, 'second'), 'restore', '--from', join(folder, 'backup'))).rejects.toThrow(
    /already contains a database/,
  );
  const half = join(folder, 'half');
  await mkdir(half, { recursive: true });
  await writeFile(join(half, 'encryption.key'), '');
  await expect(cli(join(folder, 'fifth'), 'restore', '--from', half)).rejects.toThrow(
    /not a complete backup/,
  );
  expect(existsSync(join(folder, 'fifth', 'postgres'))).toBe(false);
  await expect(cli(join(folder, 'second'), 'backup', '--to', half)).rejects.toThrow(/is not empty/);
});

test('with a bucket, backup and restore say that the media are in it and not in the backup', async () => {
  const s3 = await startS3(join(folder, 'bucket'));
  await s3.makeBucket('pins');
  const bucket = {
    STORAGE: 's3',
    S3_ENDPOINT: s3.endpoint,
    S3_BUCKET: 'pins',
    S3_ACCESS_KEY_ID: credentials.accessKeyId,
    S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const from = join(folder, 'backup-of-rows');
  const original = join(folder, 'with-bucket');
  await cliWith(bucket, original, 'migrate');
  const said = await cliWith(bucket, original, 'backup', '--to', from);
  expect(said).toMatch(/media are in the bucket pins and NOT in this backup/);
  expect(await readdir(from)).not.toContain('media');
  const [again, without] = [join(folder, 'again'), join(folder, 'without')];
  const restored = await cliWith(bucket, again, 'restore', '--from', from);
  expect(restored).toMatch(/media are in the bucket pins and were not restored/);
  expect(await cli(without, 'restore', '--from', from)).toMatch(/Set STORAGE=s3/);
  // The reverse: the backup has media that Pintail would not read.
  expect(await cliWith(bucket, join(folder, 'moved'), 'restore', '--from', join(folder, 'backup'))).toMatch(
    /but STORAGE=s3: unset STORAGE, or copy them into the bucket pins/,
  );
  await s3.close();
});

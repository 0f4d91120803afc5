// A pooler in front of PostgreSQL: PgBouncer as it comes, in both modes. Needs the program pgbouncer (Debian: apt-get install
// pgbouncer); without it, one line says that these tests were skipped.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/database.ts';
import { eventually } from '../../test/eventually.ts';
import { launchPintail, startPintail } from '../../test/pintail-process.ts';

const hasPgBouncer = spawnSync('pgbouncer', ['--version']).status === 0;
if (!hasPgBouncer) console.log('Skipped: the tests of poolers need the program pgbouncer.');

let database: TestDatabase;
let folder: string;
const stops: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  database = await createTestDatabase({ empty: true });
  folder = await mkdtemp(join(tmpdir(), 'pintail-pooler-'));
  await chmod(folder, 0o777);
});
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
  await database.drop();
  await rm(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts PgBouncer with its own defaults. Returns the URL of the database behind it. */
async function startPgBouncer(mode: 'session' | 'transaction'): Promise<string> {
  const { hostname, port, username, password, pathname } = new URL(database.url);
  const own = await freePort();
  const file = join(folder, `${mode}.ini`);
  await writeFile(
    file,
    `[databases]
pintail = host=${hostname} port=${port} user=${username} password=${password} dbname=${pathname.slice(1)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
auth_type = any
unix_socket_dir =
pool_mode = ${mode}
max_client_conn = 200
default_pool_size = 60
`,
  );
  const isRoot = process.getuid?.() === 0;
  const child: ChildProcess = spawn('pgbouncer', [file], {
    stdio: 'ignore',
    // It refuses to run as root.
    ...(isRoot && { uid: 65_534, gid: 65_534 }),
  });
  stops.push(async () => {
    child.kill('SIGINT');
    if (child.exitCode === null) await once(child, 'exit');
  });
  return `postgres://${username}:x@127.0.0.1:${own}/pintail`;
}

async function serveWith(env: Record<string, string>) {
  const dataDir = await mkdtemp(join(folder, 'data-'));
  const server = await startPintail({ dataDir, env });
  stops.push(() => server.stop());
  const key = (await readFile(join(dataDir, 'first-api-key'), 'utf8')).trim();
  const simulatorUrl = await eventually(
    'the welcome',
    () => /Simulator +(http:\S+)/.exec(server.output())?.[1],
  );
  const call = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${server.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: any shape
    return { status: answer.status, data: ((await answer.json()) as any).data };
  };
  return Object.assign(call, { simulatorUrl });
}

/** Creates 400 posts, 20 at once, ten of them to be published now. Returns how often each status was answered. */
async function createPosts(call: Awaited<ReturnType<typeof serveWith>>): Promise<Record<number, number>> {
  const [account] = (await call('GET', '/v1/accounts')).data.accounts;
  const { boards } = (await call('GET', `/v1/accounts/${account.id}/boards`)).data;
  const posts = `/v1/accounts/${account.id}/posts`;
  const media = await call('POST', '/v1/media', { url: `${call.simulatorUrl}/samples/recipe.jpg` });
  const statuses: Record<number, number> = {};
  let next = 0;
  const caller = async () => {
    while (next < 400) {
      const index = next;
      next += 1;
      const { status } = await call('POST', posts, {
        mediaId: media.data.media.id,
        title: `Post ${index}`,
        description: 'd',
        url: `https://example.com/${index}`,
        boardId: boards[0].id,
        now: index % 40 === 0,
      });
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 20 }, caller));
  await eventually(
    'ten Pins',
    async () => (await call('GET', `${posts}?status=sent&limit=100`)).data.posts.length === 10,
    120_000,
  );
  return statuses;
}

test.runIf(hasPgBouncer)(
  'behind a pooler in session mode everything works as it comes',
  async () => {
    const call = await serveWith({ DATABASE_URL: await startPgBouncer('session') });
    expect(await createPosts(call)).toEqual({ 201: 400 });
  },
  180_000,
);

test.runIf(hasPgBouncer)(
  'a pooler in transaction mode is refused without a direct URL, and works with it',
  async () => {
    const url = await startPgBouncer('transaction');
    const refused = launchPintail({ dataDir: join(folder, 'refused'), env: { DATABASE_URL: url } });
    expect((await refused.exited)[0]).toBe(1);
    expect(refused.output()).toContain('Set DATABASE_DIRECT_URL to the database itself');
    expect(refused.output()).not.toMatch(/\n +at /);
    const call = await serveWith({ DATABASE_URL: url, DATABASE_DIRECT_URL: database.url });
    expect(await createPosts(call)).toEqual({ 201: 400 });
  },
  180_000,
);

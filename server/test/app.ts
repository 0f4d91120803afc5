// A complete Pintail for a test file: a separate database, a simulator over real HTTP, an API that listens, a worker that
// the test runs, and a clock that the test advances.
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Simulator, startSimulator } from '@pintail/simulator';
import { type App, type AppParts, createApp } from '../src/app.ts';
import { type Config, parseConfig } from '../src/config.ts';
import type { Scope } from '../src/domain/scopes.ts';
import { createCallWatch, createEnvironments, simulatorAddresses } from '../src/pinterest/index.ts';
import { createLog, type LogSettings } from '../src/platform/log.ts';
import { createMetrics } from '../src/platform/metrics.ts';
import { systemActor } from '../src/platform/use-case/index.ts';
import { type Answer, readAnswer } from './answer.ts';
import { watchCodes } from './check-codes.ts';
import { findEventProblems } from './check-events.ts';
import { createTestClock, type TestClock } from './clock.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { collectLog, type LogLine } from './log.ts';
import { postTexts } from './new-post.ts';
import { recordExamples } from './record-examples.ts';
import { withCreatePin } from './with-create-pin.ts';

export type { Answer } from './answer.ts';

export type Json = Record<string, unknown>;

export interface PinterestAccount {
  accountId: string;
  /** By name. */
  boards: Record<string, string>;
  username: string;
  accessToken: string;
}

/** Pintail's app on the simulator. */
export const testApp = { appId: 'pintail-test', appSecret: 'secret-of-the-app' };

/** A grant of an account on the simulator, with only an access token. */
export const plainGrant = {
  actor: systemActor,
  environment: 'simulator',
  accountId: null,
  refreshToken: null,
  accessTokenExpiresAt: null,
  refreshTokenExpiresAt: null,
} as const;

export type TestApp = Awaited<ReturnType<typeof createTestApp>>;

export interface TestAppOptions {
  config?: Partial<Config>;
  now?: Date;
  logLevel?: LogSettings['level'];
  /** A database with data, instead of an empty one. Dropped at the end too. */
  testDatabase?: TestDatabase;
  /** Inserts a proxy before the simulator: receives the URL of the API and returns its own. */
  via?: (apiUrl: string) => Promise<string>;
}

interface TestKey {
  name: string;
  organization?: string;
  scopes?: Scope[] | null;
  accountIds?: string[];
  expiresAt?: Date;
}

interface SendOptions {
  headers?: Record<string, string>;
  /** Null: without a key. */
  key?: string | null;
}

export async function createTestApp({
  config = {},
  now,
  via,
  logLevel = 'debug',
  testDatabase,
}: TestAppOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'pintail-app-'));
  const clock: TestClock = createTestClock(now);
  const test = testDatabase ?? (await createTestDatabase());
  const simulator: Simulator = await startSimulator({ now: () => clock.now() });
  const simulatorHost = new URL(simulator.url).host;
  const logLines: LogLine[] = [];
  const log = createLog({ level: logLevel, format: 'json' }, collectLog(logLines));
  const simulated = {
    ...simulatorAddresses(simulator.url),
    apiUrl: via ? await via(simulator.apiUrl) : simulator.apiUrl,
  };
  const metrics = createMetrics();
  const pinterest = createEnvironments({
    addresses: {
      production: simulated,
      sandbox: { ...simulated, apiUrl: simulator.sandboxApiUrl },
      simulator: simulated,
    },
    apps: { simulator: testApp },
    clock,
    log,
    watch: createCallWatch(metrics, clock).of,
  });
  const parts: AppParts = {
    config: { ...parseConfig({}), dataDir: folder, ...config },
    database: test.database,
    clock,
    log,
    pinterest,
    publicUrl: 'http://pintail.test',
    allowedPrivateHosts: [simulatorHost],
  };
  const app = await createApp({ ...parts, metrics });
  const http = app.createHttp();
  recordExamples(http);
  const checkCodes = watchCodes(http);
  const url = await http.listen({ host: '127.0.0.1', port: 0 });
  const firstKey = await createQuietKey(app, test, { name: 'test' });

  async function control(method: 'GET' | 'POST' | 'DELETE', path: string, body?: Json): Promise<Json> {
    const answer = await fetch(`${simulator.url}/_control${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} /_control${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Json;
  }

  async function send(
    method: string,
    path: string,
    body?: unknown,
    { headers = {}, key = firstKey.key }: SendOptions = {},
  ): Promise<Answer> {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: isRaw ? (body as string) : JSON.stringify(body) }),
    });
    return readAnswer(answer);
  }

  const call = (method: string, path: string, body?: unknown, key?: string | null) =>
    send(method, path, body, key === undefined ? {} : { key });

  let accountNumber = 0;

  return {
    url,
    app,
    parts,
    clock,
    simulator,
    logLines,
    database: test.database,
    databaseUrl: test.url,
    organizationId: firstKey.organizationId,
    key: firstKey.key,
    /** Sends a request to the API with the first key. */
    call,
    /** Sends a request to the API with headers or another key. */
    send,
    control,

    async makeKey(input: Partial<TestKey> = {}) {
      return createQuietKey(app, test, { name: 'another', ...input });
    },

    /** Connects an account with boards of these names. */
    async connectAccount({
      boards = ['Recipes', 'Garden'],
      sections = [] as string[],
      organizationId = firstKey.organizationId,
    } = {}): Promise<PinterestAccount> {
      accountNumber += 1;
      const username = `user_${accountNumber}`;
      const accessToken = `pina_${username}_${accountNumber}`;
      const seeded = (await control('POST', '/seed', {
        accounts: [
          {
            username, // The first board has the sections.
            boards: boards.map((name, index) => ({
              name,
              ...(index === 0 && { sections: sections.map((section) => ({ name: section })) }),
            })),
            tokens: [{ accessToken }],
          },
        ],
      })) as { accounts: { boards: { id: string; name: string }[] }[] };
      const account = await app.accounts.connect({ organizationId, accessToken, ...plainGrant });
      return {
        accountId: account.id,
        username,
        accessToken,
        boards: Object.fromEntries((seeded.accounts[0]?.boards ?? []).map(({ name, id }) => [name, id])),
      };
    },

    /** Creates a post, with defaults for absent fields, and returns it. */
    async createPost(account: PinterestAccount, change: Json = {}, key?: string) {
      const answer = await call(
        'POST',
        `/v1/accounts/${account.accountId}/posts`,
        {
          mediaUrl: `${simulator.url}/samples/recipe.jpg`,
          ...postTexts,
          boardId: Object.values(account.boards)[0],
          sendAt: new Date(clock.now().getTime() + 60_000).toISOString(),
          ...change,
        },
        key,
      );
      if (answer.status !== 201)
        throw new Error(`create answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      return answer.body.data.post;
    },

    /** Returns the post from the API. */
    async getPost(account: PinterestAccount, id: string) {
      return (await call('GET', `/v1/accounts/${account.accountId}/posts/${id}`)).body.data.post;
    },

    /** The URL of an image that can be fetched. */
    picture: (name = 'recipe.jpg') => `${simulator.url}/samples/${name}`,

    /** A worker that stops permanently at a moment of its first post, as if its process had been killed. */
    dyingWorker: ({ before }: { before: 'ask' | 'settle' }) => createDyingWorker(app, clock, before),

    /** Runs `work` while the media folder is missing. */
    async withoutMedia(work: () => Promise<void>): Promise<void> {
      const media = join(folder, 'media');
      await rename(media, `${media}.away`);
      try {
        await work();
      } finally {
        await rename(`${media}.away`, media);
      }
    },

    /** Returns the Pins on the simulator. */
    async pins(filter: { boardId?: string } = {}): Promise<Json[]> {
      const query = new URLSearchParams(filter).toString();
      return ((await control('GET', `/pins?${query}`)) as { pins: Json[] }).pins;
    },

    faults: (faults: Json[]) => control('POST', '/faults', { faults }),
    clearFaults: () => control('DELETE', '/faults'),

    async stop(): Promise<void> {
      await http.close();
      await app.jobs.stop(10_000);
      await pinterest.close();
      await simulator.close();
      const eventProblems = await findEventProblems(test.database.db);
      await test.drop();
      await rm(folder, { recursive: true, force: true });
      checkCodes();
      if (eventProblems.length > 0) throw new Error(eventProblems.join('\n'));
    },
  };
}

/** Creates a key as the operator does, without its event: tests compare the whole log. */
async function createQuietKey(app: App, test: TestDatabase, { scopes = null, ...input }: TestKey) {
  const key = await app.auth.createKey({ organization: 'Test', accountIds: null, scopes, ...input });
  await test.database.pool.query(`delete from events where data ->> 'keyId' = $1`, [key.id]);
  return key;
}

function createDyingWorker(app: App, clock: TestClock, before: 'ask' | 'settle') {
  let die: () => void = () => {};
  const died = new Promise<void>((resolve) => {
    die = resolve;
  });
  // A dead process waits forever.
  const never = <T>() => {
    die();
    return new Promise<T>(() => {});
  };
  const worker = app.createWorker({
    owner: 'dying',
    // A dead process renews no leases.
    clock: { ...clock, every: () => () => {} },
    ...(before === 'ask'
      ? { media: { ...app.media, readForPublishing: () => never() } }
      : {
          pinterest: withCreatePin(app.pinterest, (createPin) => async (token, body) => {
            await createPin(token, body);
            return never();
          }),
        }),
  });
  return { runDue: () => Promise.race([worker.runDue(), died]) };
}

// Plants secrets everywhere, exercises successes and failures with every log level, then searches everything that left
// the process for each secret, also in encoded forms.
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { getAccountForWork } from '../src/features/accounts/index.ts';
import { openStream } from '../src/features/events/event-stream.fixture.ts';
import { type Receiver, startReceiver } from '../src/features/webhooks/sending/receiver.fixture.ts';
import { createTestApp, type Json, type PinterestAccount, plainGrant, type TestApp, testApp } from './app.ts';
import { findSecrets } from './find-secrets.ts';

const minute = 60_000;
const metricsToken = 'metrics-token-planted-in-the-settings';
const encryptionKey = Buffer.from('planted encryption key, 32 bytes');
const redirectUri = 'http://pintail.test/oauth/pinterest/callback';

const s3 = {
  endpoint: 'http://127.0.0.1:9',
  region: 'us-east-1',
  bucket: 'planted',
  accessKeyId: 'planted-access-key-id',
  secretAccessKey: 'planted-secret-access-key-of-the-bucket',
};

vi.setConfig({ testTimeout: 60_000 });

let app: TestApp;
/** An app whose bucket for media is unreachable. */
let withBucket: TestApp;
let account: PinterestAccount;
/** A webhook receiver that returns the request headers, and fails every second time. */
let receiver: Receiver;
/** The secrets by name. */
const secrets = new Map<string, string>();
/** Everything that callers received, with its source. */
const output: [string, string][] = [];

beforeAll(async () => {
  receiver = await startReceiver();
  receiver.answer = (response, { headers }) =>
    void response.writeHead(receiver.received.length % 2 === 0 ? 500 : 200).end(JSON.stringify(headers));
  app = await createTestApp({
    logLevel: 'trace',
    config: { metricsToken, encryptionKey, webhookAllowedPrivateHosts: [receiver.pair] },
  });
  withBucket = await createTestApp({ logLevel: 'trace', config: { s3 } });
  account = await app.connectAccount();
  secrets.set('API key', app.key);
  secrets.set('access token', account.accessToken);
  secrets.set('app secret', testApp.appSecret);
  secrets.set('metrics token', metricsToken);
  secrets.set('encryption key', encryptionKey.toString('latin1'));
  secrets.set('database password', new URL(app.databaseUrl).password);
});
afterAll(async () => {
  await app.stop();
  await withBucket.stop();
  await receiver.close();
});

/** Sends a request, and records the whole response. */
async function ask(
  method: string,
  path: string,
  init: { body?: unknown; key?: string | null; idempotencyKey?: string; cookie?: string; at?: TestApp } = {},
): Promise<Json> {
  const { body, at = app, key = at.key, idempotencyKey, cookie } = init;
  const answer = await fetch(`${at.url}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      ...(cookie !== undefined && { cookie }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  output.push([
    `${method} ${path.split('?')[0]}: ${answer.status}`,
    `${JSON.stringify([...answer.headers])}\n${text}`,
  ]);
  return text.startsWith('{') ? (JSON.parse(text) as Json) : {};
}

/** Opens a connect link as a browser and clicks. The responses have the secrets that the browser needs. */
async function clickLink(link: string): Promise<{ asked: URL; cookie: string }> {
  const url = `${app.url}${new URL(link).pathname}`;
  const page = await fetch(url);
  const cookie = page.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  const clicked = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie },
    body: new URLSearchParams(),
  });
  const asked = new URL(clicked.headers.get('location') ?? '');
  secrets.set('connect link', url.split('/').at(-1) ?? '');
  secrets.set('cookie of the browser', cookie.split('=')[1] ?? '');
  secrets.set('OAuth state', asked.searchParams.get('state') ?? '');
  return { asked, cookie };
}

test('no secret is in any log line, response, event, post, timeline or metric', async () => {
  const posts = `/v1/accounts/${account.accountId}/posts`;
  const worker = app.app.createWorker();
  const post = async (change: Json = {}) => (await app.createPost(account, change)).id as string;

  // Connects through the consent page: state and code are in URLs.
  const { data } = (await ask('POST', '/v1/accounts/connect', { body: {} })) as { data: { url: string } };
  output.pop(); // The response may contain the link.
  const seeded = (await app.control('POST', '/seed', {
    apps: [{ clientId: testApp.appId, clientSecret: testApp.appSecret, redirectUris: [redirectUri] }],
    accounts: [{ username: 'consents', boards: [{ name: 'B' }] }],
  })) as { accounts: { id: string }[] };
  const { asked, cookie } = await clickLink(data.url);
  const accepted = await fetch(asked.origin + asked.pathname, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({
      ...Object.fromEntries(asked.searchParams),
      account: seeded.accounts[0]?.id ?? '',
      decision: 'allow',
    }),
  });
  const back = new URL(accepted.headers.get('location') ?? '');
  secrets.set('OAuth code', back.searchParams.get('code') ?? '');
  await ask('GET', `/oauth/pinterest/callback${back.search}`, { key: null, cookie });
  await ask('GET', `/oauth/pinterest/callback${back.search}`, { key: null, cookie });
  const consented = await app.database.db
    .selectFrom('accounts')
    .selectAll()
    .where('username', '=', 'consents')
    .executeTakeFirstOrThrow();
  const refreshToken = app.app.accounts.accessToken({ ...consented, access_token: consented.refresh_token });
  secrets.set('access token by consent', app.app.accounts.accessToken(consented) ?? '');
  secrets.set('refresh token by consent', refreshToken ?? '');

  // Refreshes tokens, refused and granted.
  await app.faults([{ operation: 'oauth/token', when: 'before', kind: 'status', status: 503, times: 1 }]);
  app.clock.advance(24 * 60 * minute * 25);
  await app.app.accounts.refreshDueTokens();
  app.clock.advance(15 * minute);
  await app.app.accounts.refreshDueTokens();
  const refreshed = await getAccountForWork(app.database.db, consented.id);
  secrets.set('refreshed access token', app.app.accounts.accessToken(refreshed) ?? '');

  // Publishes successfully, with refusals that repeat the token, and with a broken connection.
  const echo = `no: ${account.accessToken} ${testApp.appSecret} Bearer ${account.accessToken}`;
  const ids = [await post({ title: 'goes well' })];
  app.clock.advance(2 * minute);
  await worker.runDue();
  for (const fault of [
    { kind: 'status', status: 400, code: 1, message: echo },
    { kind: 'status', status: 429, message: echo },
    { kind: 'status', status: 500, message: echo, body: 'html' },
    { kind: 'reset', when: 'after' },
    { kind: 'truncate', when: 'after' },
  ]) {
    await app.faults([{ operation: 'pins/create', times: 1, ...fault }]);
    ids.push(await post({ title: `with ${fault.kind} ${'status' in fault ? fault.status : ''}` }));
    app.clock.advance(2 * minute);
    await worker.runDue();
  }
  await app.clearFaults();
  app.clock.advance(20 * minute);
  await worker.runDue();

  // Sends invalid requests, with secrets in wrong places.
  await ask('GET', '/v1/accounts', { key: `${app.key}x` });
  await ask('GET', `/v1/accounts?key=${app.key}`);
  await ask('GET', `/no/such/${app.key}`);
  await ask('GET', `/v1/accounts/${account.accessToken}/posts`);
  await ask('POST', posts, { body: `{"title": "${app.key}", ` });
  await ask('POST', posts, { body: { mediaUrl: 5, [app.key]: 1 } }).then(() => output.pop());
  await ask('POST', posts, { body: { mediaUrl: `http://user:${testApp.appSecret}@127.0.0.1:1/x.jpg` } });
  await ask('POST', '/v1/accounts', {
    body: { accessToken: 'pina_wrong_token_planted', environment: 'simulator' },
  });
  secrets.set('wrong token', 'pina_wrong_token_planted');
  await ask('GET', '/metrics', { key: metricsToken });
  await ask('GET', '/metrics');
  await ask('GET', '/ready', { key: null });

  ids.push(await post({ title: 'unreadable token' }));
  // A token that cannot be decrypted is a bug, and causes the longest log line.
  await app.database.db
    .updateTable('accounts')
    .set({ access_token: Buffer.from('garbage, not sealed') })
    .where('id', '=', account.accountId)
    .execute();
  app.clock.advance(2 * minute);
  await worker.runDue();
  await ask('GET', `/v1/accounts/${account.accountId}/boards?refresh=true`);
  await app.app.accounts.connect({
    organizationId: app.organizationId,
    accessToken: account.accessToken,
    ...plainGrant,
  });
  for (const id of ids) {
    await ask('GET', `${posts}/${id}`);
    await ask('GET', `${posts}/${id}/timeline`);
  }
  await ask('GET', '/v1/accounts');

  await webhooksAndKeys();
  await bucketAway();
  await doctor();

  // Everything in the database that callers can see, stored responses, and data of jobs.
  for (const table of ['events', 'posts', 'boards', 'organizations'] as const) {
    output.push([
      `table ${table}`,
      JSON.stringify(await app.database.db.selectFrom(table).selectAll().execute()),
    ]);
  }
  for (const table of [
    'webhooks',
    'webhook_deliveries',
    'api_keys',
    'idempotent_requests',
    'batches',
    'video_uploads',
    'pgboss.job',
  ]) {
    const { rows } = await app.database.pool.query(
      // As text too: bytes are numbers in JSON.
      `select t::text as line, to_jsonb(t) as row from ${table} t`,
    );
    output.push([`table ${table}`, JSON.stringify(rows)]);
    for (const { row } of rows) {
      for (const value of Object.values(row as Json)) {
        if (typeof value === 'string' && value.startsWith('\\x'))
          output.push([`bytes in ${table}`, Buffer.from(value.slice(2), 'hex').toString('latin1')]);
      }
    }
  }
  const tokens = await app.database.db.selectFrom('accounts').selectAll().execute();
  output.push(['table accounts', JSON.stringify(tokens)]);
  // An unreachable database: libraries may report it with the whole URL.
  await app.database.close();
  await ask('GET', '/v1/accounts');
  await ask('GET', '/ready', { key: null });
  await worker.runDue().catch(() => {});

  expect([...secrets].filter(([, secret]) => secret.length < 8)).toEqual([]);
  const lines = [...app.logLines, ...withBucket.logLines].map((line) => JSON.stringify(line));
  // Proves that the search had input.
  expect(lines.length).toBeGreaterThan(60);
  expect(output.length).toBeGreaterThan(30);
  expect(output.some(([, text]) => text.includes('post.unknown'))).toBe(true);
  expect(lines.some((line) => line.includes('encrypted with another key'))).toBe(true);
  expect([
    ...lines.flatMap((line) => findSecrets(secrets, `the log line ${line.slice(0, 300)}`, line)),
    ...output.flatMap(([where, text]) => findSecrets(secrets, where, text)),
  ]).toEqual([]);
});

/** Requests secrets that are shown once with an Idempotency-Key, and causes successful and failed deliveries. */
async function webhooksAndKeys(): Promise<void> {
  const events = await openStream(`${app.url}/v1/events`, { key: app.key });
  /** Only the response may contain the secret. */
  const askOnce = async (path: string, body: unknown, pick: (data: Json) => unknown) => {
    const answer = await ask('POST', path, { body, idempotencyKey: `once ${path}` });
    const again = await ask('POST', path, { body, idempotencyKey: `once ${path}` });
    expect(again).toEqual(answer);
    output.splice(-2);
    const secret = String(pick(answer.data as Json));
    expect(secret.length).toBeGreaterThan(20);
    return { data: answer.data as Json, secret };
  };
  const created = await askOnce('/v1/api-keys', { name: 'planted' }, (data) => data.secret);
  secrets.set('API key created over HTTP', created.secret);
  const { url } = receiver;
  const webhook = await askOnce('/v1/webhooks', { url }, (data) => data.secret);
  const { id } = webhook.data.webhook as { id: string };
  const rotated = await askOnce(`/v1/webhooks/${id}/rotate-secret`, undefined, (data) => data.secret);
  for (const [name, { secret }] of Object.entries({ 'webhook secret': webhook, 'its next one': rotated })) {
    secrets.set(name, secret);
    // Also as the bytes that it encodes.
    secrets.set(`${name}, raw`, Buffer.from(secret.slice('whsec_'.length), 'base64').toString('latin1'));
  }
  const connect = await askOnce('/v1/accounts/connect', {}, (data) => data.url);
  secrets.set('connect link kept for a repeat', connect.secret.split('/').at(-1) ?? '');

  await ask('POST', `/v1/webhooks/${id}/test`);
  await app.createPost(account, { title: 'Seen by a subscriber' });
  app.clock.advance(2 * minute);
  for (let round = 0; round < 4; round += 1) {
    await app.app.webhooks.run();
    await app.app.webhooks.runDue();
    app.clock.advance(2 * minute);
  }
  expect(receiver.received.length).toBeGreaterThan(1);
  await ask('GET', `/v1/webhooks/${id}`);
  await ask('GET', '/v1/webhooks');
  const deliveries = await ask('GET', `/v1/webhooks/${id}/deliveries`);
  expect(JSON.stringify(deliveries)).toContain('webhook.test');
  await ask('GET', '/v1/api-keys');
  await ask('GET', '/v1/events?limit=100');
  await ask('GET', '/metrics', { key: metricsToken });
  // A secret that cannot be decrypted is a bug.
  await app.database.pool.query(`update webhooks set secret = 'garbage' where id = $1`, [id]);
  await ask('POST', `/v1/webhooks/${id}/test`);
  await app.app.webhooks.runDue();
  await events.until(1);
  output.push(['the event stream', JSON.stringify(events.events)]);
  events.close();
}

async function bucketAway(): Promise<void> {
  const bucketAccount = await withBucket.connectAccount();
  await ask('GET', '/ready', { key: null, at: withBucket });
  const body = { mediaUrl: withBucket.picture(), title: 'no bucket' };
  const answer = await ask('POST', `/v1/accounts/${bucketAccount.accountId}/posts`, { body, at: withBucket });
  expect(answer).toMatchObject({ error: { code: 'SERVICE_UNAVAILABLE' } });
  secrets.set('secret key of the bucket', s3.secretAccessKey);
}

async function doctor(): Promise<void> {
  const program = new URL('../bin/pintail.js', import.meta.url).pathname;
  const env = {
    PATH: process.env.PATH ?? '',
    PINTAIL_DATA_DIR: app.parts.config.dataDir,
    DATABASE_URL: app.databaseUrl,
    PINTAIL_ENCRYPTION_KEY: encryptionKey.toString('hex'),
    PINTEREST_ENVIRONMENT: 'production',
    PINTEREST_API_URL: app.simulator.apiUrl,
    PINTEREST_APP_ID: testApp.appId,
    PINTEREST_APP_SECRET: testApp.appSecret,
    METRICS_TOKEN: metricsToken,
    ...{ STORAGE: 's3', S3_ENDPOINT: s3.endpoint, S3_BUCKET: s3.bucket, S3_REGION: s3.region },
    ...{ S3_ACCESS_KEY_ID: s3.accessKeyId, S3_SECRET_ACCESS_KEY: s3.secretAccessKey },
    LOG_LEVEL: 'trace',
  };
  const text = await new Promise<string>((resolve) => {
    execFile(process.execPath, [program, 'doctor'], { env }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
  expect(text).toContain('FAIL  storage');
  output.push(['doctor', text]);
}

test('each log line has the ids of its request, account and post', () => {
  const of = (msg: string) => app.logLines.filter((line) => line.msg === msg);
  const id = (prefix: string) => expect.stringMatching(new RegExp(`^${prefix}_`));
  expect(of('publish').length).toBeGreaterThan(4);
  for (const line of of('publish')) expect(line).toMatchObject({ accountId: id('acc'), postId: id('post') });
  const creates = app.logLines.filter((line) => line.operation === 'createPin');
  expect(creates.length).toBeGreaterThan(4);
  for (const line of creates) expect(line).toMatchObject({ accountId: id('acc'), postId: id('post') });
  const requests = of('request');
  for (const line of requests) expect(line).toMatchObject({ requestId: id('req') });
  for (const line of requests.filter(({ path }) => String(path).includes(':postId'))) {
    expect(line).toMatchObject({ accountId: id('acc'), postId: id('post') });
  }
  expect(of('media refused')).toMatchObject([{ requestId: id('req'), accountId: id('acc') }]);
  for (const line of of('tokens refreshed')) expect(line).toMatchObject({ accountId: id('acc') });
  for (const line of app.logLines.filter((line) => line.path === '/oauth/token' && line.reach)) {
    if (line.msg === 'pinterest call failed') expect(line).toMatchObject({ accountId: id('acc') });
  }
});

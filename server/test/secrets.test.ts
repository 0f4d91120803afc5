// Secrets are planted everywhere, the ways that work and the ways that fail are gone, with every log line written;
// then all that left the process is searched for each secret, also in the forms that programs give them.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { getAccountForWork } from '../src/features/accounts/index.ts';
import { createTestApp, type Json, type PinterestAccount, plainGrant, type TestApp, testApp } from './app.ts';

const minute = 60_000;
const metricsToken = 'metrics-token-planted-in-the-settings';
const encryptionKey = Buffer.from('planted encryption key, 32 bytes');
const redirectUri = 'http://pintail.test/oauth/pinterest/callback';

let app: TestApp;
let account: PinterestAccount;
/** By what they are. */
const secrets = new Map<string, string>();
/** All that callers were told, with where. */
const told: [string, string][] = [];

beforeAll(async () => {
  app = await createTestApp({ logLevel: 'trace', config: { metricsToken, encryptionKey } });
  account = await app.connectAccount();
  secrets.set('API key', app.key);
  secrets.set('access token', account.accessToken);
  secrets.set('app secret', testApp.appSecret);
  secrets.set('metrics token', metricsToken);
  secrets.set('encryption key', encryptionKey.toString('latin1'));
  secrets.set('database password', new URL(app.databaseUrl).password);
});
afterAll(() => app.stop());

/** Asks, and keeps the whole answer. */
async function ask(
  method: string,
  path: string,
  init: { body?: unknown; key?: string | null } = {},
): Promise<Json> {
  const { body, key = app.key } = init;
  const answer = await fetch(`${app.url}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  told.push([
    `${method} ${path.split('?')[0]}: ${answer.status}`,
    `${JSON.stringify([...answer.headers])}\n${text}`,
  ]);
  return text.startsWith('{') ? (JSON.parse(text) as Json) : {};
}

/** The secret as it is, and as it would look on its way through other programs. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret, 'latin1');
  // Base64 of a longer text holds it in one of three forms; two characters at each end depend on the neighbours.
  const inBase64 = [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const inner = text.slice(offset === 0 ? 0 : offset + 2, -2);
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [...new Set([secret, encodeURIComponent(secret), bytes.toString('hex'), ...inBase64])].filter(
    (form) => form.length >= 8,
  );
}

function findings(where: string, text: string): string[] {
  return [...secrets].flatMap(([name, secret]) =>
    formsOf(secret).flatMap((form) => (text.includes(form) ? [`${name} in ${where}, as ${form}`] : [])),
  );
}

test('no secret is in any log line, answer, event, post, timeline or figure, whatever goes well or wrong', async () => {
  const posts = `/v1/accounts/${account.accountId}/posts`;
  const worker = app.app.createWorker();
  const post = async (change: Json = {}) => (await app.createPost(account, change)).id as string;

  // Connecting through the consent page: state and code pass through the browser's address.
  const { data } = (await ask('POST', '/v1/accounts/connect', { body: {} })) as { data: { url: string } };
  told.pop(); // Its answer is the address, with the state, for the person who asked.
  const state = new URL(data.url).searchParams.get('state') ?? '';
  secrets.set('OAuth state', state);
  const seeded = (await app.control('POST', '/seed', {
    apps: [{ clientId: testApp.appId, clientSecret: testApp.appSecret, redirectUris: [redirectUri] }],
    accounts: [{ username: 'consents', boards: [{ name: 'B' }] }],
  })) as { accounts: { id: string }[] };
  const asked = new URL(data.url);
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
  await ask('GET', `/oauth/pinterest/callback${back.search}`, { key: null });
  await ask('GET', `/oauth/pinterest/callback${back.search}`, { key: null });
  const consented = await app.database.db
    .selectFrom('accounts')
    .selectAll()
    .where('username', '=', 'consents')
    .executeTakeFirstOrThrow();
  const refreshToken = app.app.accounts.accessToken({ ...consented, access_token: consented.refresh_token });
  secrets.set('access token by consent', app.app.accounts.accessToken(consented) ?? '');
  secrets.set('refresh token by consent', refreshToken ?? '');

  // Refreshing, refused and granted.
  await app.faults([{ operation: 'oauth/token', when: 'before', kind: 'status', status: 503, times: 1 }]);
  app.clock.advance(24 * 60 * minute * 25);
  await app.app.accounts.refreshDueTokens();
  app.clock.advance(15 * minute);
  await app.app.accounts.refreshDueTokens();
  const refreshed = await getAccountForWork(app.database.db, consented.id);
  secrets.set('refreshed access token', app.app.accounts.accessToken(refreshed) ?? '');

  // Publishing: well, with Pinterest repeating the token in its refusals, and with a connection that breaks.
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

  // Requests that are wrong in every way, secrets in places where they do not belong.
  await ask('GET', '/v1/accounts', { key: `${app.key}x` });
  await ask('GET', `/v1/accounts?key=${app.key}`);
  await ask('GET', `/no/such/${app.key}`);
  await ask('GET', `/v1/accounts/${account.accessToken}/posts`);
  await ask('POST', posts, { body: `{"title": "${app.key}", ` });
  await ask('POST', posts, { body: { mediaUrl: 5, [app.key]: 1 } }).then(() => told.pop());
  await ask('POST', posts, { body: { mediaUrl: `http://user:${testApp.appSecret}@127.0.0.1:1/x.jpg` } });
  await ask('POST', '/v1/accounts', {
    body: { accessToken: 'pina_wrong_token_planted', environment: 'simulator' },
  });
  secrets.set('wrong token', 'pina_wrong_token_planted');
  await ask('GET', '/metrics', { key: metricsToken });
  await ask('GET', '/metrics');
  await ask('GET', '/ready', { key: null });

  ids.push(await post({ title: 'unreadable token' }));
  // A token that cannot be opened is a bug of somebody's, and gets the longest log line.
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

  // Everything in the database that callers are ever shown.
  for (const table of ['events', 'posts', 'boards', 'organizations'] as const) {
    told.push([
      `table ${table}`,
      JSON.stringify(await app.database.db.selectFrom(table).selectAll().execute()),
    ]);
  }
  const tokens = await app.database.db.selectFrom('accounts').selectAll().execute();
  told.push(['table accounts', JSON.stringify(tokens)]);
  // And the database away, which libraries like to complain about with the whole address.
  await app.database.close();
  await ask('GET', '/v1/accounts');
  await ask('GET', '/ready', { key: null });
  await worker.runDue().catch(() => {});

  expect([...secrets].filter(([, secret]) => secret.length < 8)).toEqual([]);
  const lines = app.logLines.map((line) => JSON.stringify(line));
  // Proof that something was looked at.
  expect(lines.length).toBeGreaterThan(60);
  expect(told.length).toBeGreaterThan(30);
  expect(told.some(([, text]) => text.includes('post.unknown'))).toBe(true);
  expect(lines.some((line) => line.includes('encrypted with another key'))).toBe(true);
  expect([
    ...lines.flatMap((line) => findings(`the log line ${line.slice(0, 300)}`, line)),
    ...told.flatMap(([where, text]) => findings(where, text)),
  ]).toEqual([]);
});

test('each log line says for which request, account and post it was written', () => {
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

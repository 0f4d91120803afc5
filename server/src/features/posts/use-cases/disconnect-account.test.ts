// Disconnecting an account, and the effect on its posts.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestApp, type Json, type PinterestAccount, type TestApp } from '../../../../test/app.ts';
import { errorLevel } from '../../../../test/log.ts';

let app: TestApp;
let account: PinterestAccount;
let path: string;

/** Sends its picture only when the test releases it. */
const slowSite = createServer();
let letGo: () => void = () => {};
let asked: Promise<void>;

beforeAll(async () => {
  slowSite.listen(0, '127.0.0.1');
  await once(slowSite, 'listening');
  const { port } = slowSite.address() as AddressInfo;
  app = await createTestApp({ config: { mediaAllowedPrivateHosts: [`127.0.0.1:${port}`] } });
  const picture = Buffer.from(await (await fetch(app.picture())).arrayBuffer());
  asked = new Promise((resolve) => {
    slowSite.on('request', (_request, response) => {
      letGo = () => response.setHeader('content-type', 'image/jpeg').end(picture);
      resolve();
    });
  });
});
beforeEach(async () => {
  account = await app.connectAccount();
  path = `/v1/accounts/${account.accountId}`;
});
afterEach(() => app.clearFaults());
afterAll(async () => {
  slowSite.close();
  await app.stop();
});

const disconnect = (key?: string) => app.call('DELETE', path, undefined, key);
const connectAgain = () => app.call('POST', '/v1/accounts', { accessToken: account.accessToken });
const stored = () =>
  app.database.db
    .selectFrom('accounts')
    .selectAll()
    .where('id', '=', account.accountId)
    .executeTakeFirstOrThrow();
const statesOf = async () => {
  const rows = await app.database.db
    .selectFrom('posts')
    .select(['id', 'state'])
    .where('account_id', '=', account.accountId)
    .execute();
  return Object.fromEntries(rows.map((row) => [row.id, row.state]));
};
const eventsOf = () =>
  app.database.db
    .selectFrom('events')
    .select(['type', 'post_id', 'data'])
    .where('account_id', '=', account.accountId)
    .orderBy('id')
    .execute();

describe('a disconnected account', () => {
  test('a disconnected account is not in any list or path, and its tokens and boards are erased', async () => {
    await app.call('GET', `${path}/boards`);
    const answer = await disconnect();
    expect(answer.status).toBe(200);
    expect(answer.body.data).toEqual({ deleted: true, id: account.accountId, unscheduledPosts: 0 });
    const { accounts } = (await app.call('GET', '/v1/accounts')).body.data;
    expect(accounts.map(({ id }: Json) => id)).not.toContain(account.accountId);
    expect((await app.app.accounts.listForOperator()).map(({ id }) => id)).not.toContain(account.accountId);
    const gone: [string, string, Json?][] = [
      ['GET', ''],
      ['PATCH', '', { timezone: 'UTC' }],
      ['DELETE', ''],
      ['GET', '/boards'],
      ['GET', '/board-lists'],
      ['GET', '/posts'],
      ['POST', '/posts', { mediaUrl: app.picture() }],
    ];
    for (const [method, below, body] of gone) {
      const refused = await app.call(method, path + below, body);
      expect([method, below, refused.status, refused.body.error.message]).toEqual([
        method,
        below,
        404,
        'Account not found',
      ]);
    }
    const again = await app.call('POST', '/v1/accounts/connect', { accountId: account.accountId });
    expect(again.status).toBe(404);
    expect(await stored()).toMatchObject({
      access_token: null,
      refresh_token: null,
      refresh_due_at: null,
      token_authorized: false,
      disconnected_at: app.clock.now(),
    });
    const boards = await app.database.db
      .selectFrom('boards')
      .select('id')
      .where('account_id', '=', account.accountId)
      .execute();
    expect(boards).toEqual([]);
  });

  test('disconnecting turns queued posts into drafts with an event each, and changes nothing else', async () => {
    const queued = [await app.createPost(account), await app.createPost(account, { title: 'Another' })];
    const draft = await app.createPost(account, { sendAt: undefined });
    const deleted = await app.createPost(account, { title: 'Unwanted' });
    await app.call('DELETE', `${path}/posts/${deleted.id}`);
    const answer = await disconnect();
    expect(answer.body.data.unscheduledPosts).toBe(2);
    expect(await statesOf()).toEqual({
      [queued[0].id]: 'draft',
      [queued[1].id]: 'draft',
      [draft.id]: 'draft',
      [deleted.id]: 'queued',
    });
    const events = await eventsOf();
    expect(events.slice(-3)).toEqual([
      {
        type: 'post.unscheduled',
        post_id: queued[0].id,
        data: { move: 'unschedule', status: 'draft', sendAt: null, externalId: null },
      },
      {
        type: 'post.unscheduled',
        post_id: queued[1].id,
        data: { move: 'unschedule', status: 'draft', sendAt: null, externalId: null },
      },
      {
        type: 'account.disconnected',
        post_id: null,
        data: { username: account.username, environment: 'simulator' },
      },
    ]);
  });

  test('a disconnected account publishes nothing', async () => {
    await app.createPost(account);
    await disconnect();
    app.clock.advance(3600_000);
    await app.app.createWorker().runDue();
    expect(await app.pins({ boardId: account.boards.Recipes ?? '' })).toEqual([]);
  });
});

describe('connecting the same Pinterest user again', () => {
  test('connecting again restores the account with its id, drafts, lists and rules, and posts are published', async () => {
    const before = (await app.call('PATCH', path, { dailyPinLimit: 7 })).body.data.account;
    const post = await app.createPost(account, { title: 'Kept' });
    await app.call('POST', `${path}/board-lists`, { boardIds: [account.boards.Recipes] });
    await disconnect();
    app.clock.advance(60_000);
    const answer = await connectAgain();
    expect(answer.status).toBe(201);
    expect(answer.body.data.account).toEqual(before);
    const drafts = (await app.call('GET', `${path}/posts?status=draft`)).body.data.posts;
    expect(drafts).toMatchObject([{ id: post.id, title: 'Kept', status: 'draft', sendAt: null }]);
    expect((await app.call('GET', `${path}/board-lists`)).body.data.boardLists).toHaveLength(1);
    const sendAt = new Date(app.clock.now().getTime() + 60_000).toISOString();
    await app.call('POST', `${path}/posts/${post.id}/schedule`, { sendAt });
    app.clock.advance(60_000);
    await app.app.createWorker().runDue();
    expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent' });
  });

  test('a post whose answer was lost keeps its state until the account is connected again, and is then resolved', async () => {
    const post = await app.createPost(account);
    await app.faults([{ operation: 'pins/create', when: 'after', kind: 'reset', times: 1 }]);
    app.clock.advance(60_000);
    const worker = app.app.createWorker();
    await worker.runDue();
    expect(await statesOf()).toEqual({ [post.id]: 'unknown' });
    expect((await disconnect()).body.data.unscheduledPosts).toBe(0);
    app.clock.advance(3600_000);
    await worker.runDue();
    expect(await statesOf()).toEqual({ [post.id]: 'unknown' });
    await connectAgain();
    await worker.runDue();
    expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent' });
    expect(await app.pins({ boardId: account.boards.Recipes ?? '' })).toHaveLength(1);
  });
});

describe('at the same moment', () => {
  test('a post whose picture is being fetched during a disconnection is not stored', async () => {
    const { port } = slowSite.address() as AddressInfo;
    const creating = app.call('POST', `${path}/posts`, {
      mediaUrl: `http://127.0.0.1:${port}/slow.jpg`,
      title: 'Too late',
      description: 'Crisp.',
      url: 'https://example.com/late',
      boardId: account.boards.Recipes,
      sendAt: new Date(app.clock.now().getTime() + 60_000).toISOString(),
    });
    await asked;
    expect((await disconnect()).status).toBe(200);
    letGo();
    const answer = await creating;
    expect([answer.status, answer.body.error.message]).toEqual([404, 'Account not found']);
    expect(await statesOf()).toEqual({});
  });

  test('schedules during a disconnection leave no post queued, and fail only because of the account', async () => {
    const posts = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        app.createPost(account, { title: `Post ${index}`, ...(index % 2 === 0 && { sendAt: undefined }) }),
      ),
    );
    const sendAt = new Date(app.clock.now().getTime() + 120_000).toISOString();
    const answers = await Promise.all([
      ...posts.slice(0, 10).map(({ id }) => app.call('POST', `${path}/posts/${id}/schedule`, { sendAt })),
      disconnect(),
      disconnect(),
      ...posts.slice(10).map(({ id }) => app.call('POST', `${path}/posts/${id}/schedule`, { sendAt })),
    ]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 404]));
    expect(new Set(Object.values(await statesOf()))).toEqual(new Set(['draft']));
  });
});

test('disconnecting turns ten thousand queued posts into drafts in one request', async () => {
  const post = await app.createPost(account);
  const columns = `organization_id, account_id, state, title, description, url, board_id, is_simplified_pin,
    media_type, media_id, send_at, run_at, match_key, created_at, updated_at`;
  await app.database.pool.query(
    `insert into posts (id, ${columns})
     select 'post_' || lpad(n::text, 26, '0'), ${columns} from posts, generate_series(1, 9999) n where id = $1`,
    [post.id],
  );
  const answer = await disconnect();
  expect(answer.body.data.unscheduledPosts).toBe(10_000);
  expect(Object.values(await statesOf()).filter((state) => state === 'draft')).toHaveLength(10_000);
  expect((await eventsOf()).filter(({ type }) => type === 'post.unscheduled')).toHaveLength(10_000);
});

test('a key that cannot see the account, or lacks the scope, cannot disconnect it', async () => {
  const visible = await app.connectAccount();
  const stranger = (await app.makeKey({ organization: 'Strangers' })).key;
  const restricted = (await app.makeKey({ accountIds: [visible.accountId] })).key;
  for (const key of [stranger, restricted]) {
    const answer = await disconnect(key);
    expect([answer.status, answer.body.error.message]).toEqual([404, 'Account not found']);
  }
  const reader = (await app.makeKey({ scopes: ['accounts:read', 'posts:write'] })).key;
  expect((await disconnect(reader)).status).toBe(403);
  expect((await app.call('GET', path)).status).toBe(200);
});

describe('a key that is restricted to some accounts', () => {
  test('a restricted key can connect its own accounts again, and no others', async () => {
    const hidden = await app.connectAccount();
    const { key } = await app.makeKey({ accountIds: [account.accountId] });
    await disconnect();
    const again = await app.call('POST', '/v1/accounts', { accessToken: account.accessToken }, key);
    expect([again.status, again.body.data.account.id]).toEqual([201, account.accountId]);
    const refused = await app.call('POST', '/v1/accounts', { accessToken: hidden.accessToken }, key);
    expect([refused.status, refused.body.error.code]).toEqual([403, 'FORBIDDEN']);
    expect((await app.call('POST', '/v1/accounts/connect', {}, key)).status).toBe(403);
    const named = await app.call('POST', '/v1/accounts/connect', { accountId: account.accountId }, key);
    expect(named.status).toBe(200);
  });
});

test('disconnecting logs no errors', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

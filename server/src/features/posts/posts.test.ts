import { beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../../../test/app.ts';
import { account, app, useApp } from '../../../test/use-app.ts';
import { complete } from './posts.fixture.ts';

useApp({ accountPer: 'file' });

let posts: string;

beforeAll(() => {
  posts = `/v1/accounts/${account.accountId}/posts`;
});

const soon = () => new Date(app.clock.now().getTime() + 3600_000).toISOString();

const scheduled = (change: Json = {}) => complete({ sendAt: soon(), ...change });

describe('create', () => {
  test('a post without sendAt is a draft, and the answer has every field of the reference page', async () => {
    const answer = await app.call('POST', posts, { mediaUrl: app.picture() });
    expect(answer.status).toBe(201);
    expect(answer.body.meta.requestId).toBe(answer.headers.get('x-request-id'));
    expect(answer.body.data.post).toMatchObject({
      id: expect.stringMatching(/^post_/),
      status: 'draft',
      mediaUrl: expect.stringMatching(/^http:\/\/pintail\.test\/media\/med_/),
      mediaType: 'image',
      title: null,
      description: null,
      url: null,
      boardId: null,
      altText: null,
      sendAt: null,
      sentAt: null,
      createdAt: Math.floor(app.clock.now().getTime() / 1000),
      pinId: null,
      isSimplifiedPin: true,
      publication: 'none',
      missed: false,
      failure: null,
      attempts: 0,
    });
  });

  test('a post with sendAt is queued for that second', async () => {
    const sendAt = '2027-03-01T12:00:00+02:00';
    const answer = await app.call(
      'POST',
      posts,
      scheduled({ sendAt, altText: 'A tart', isSimplifiedPin: false }),
    );
    expect(answer.status).toBe(201);
    expect(answer.body.data.post).toMatchObject({
      status: 'queued',
      sendAt: Date.parse(sendAt) / 1000,
      nextAttemptAt: Date.parse(sendAt) / 1000,
      title: 'Lemon tart',
      altText: 'A tart',
      isSimplifiedPin: false,
      publication: 'waiting',
    });
  });

  test('the stored media of a post can be opened without a key, and equals the source', async () => {
    const { body } = await app.call('POST', posts, { mediaUrl: app.picture() });
    const path = new URL(body.data.post.mediaUrl).pathname;
    const [ours, theirs] = await Promise.all([fetch(`${app.url}${path}`), fetch(app.picture())]);
    expect(ours.status).toBe(200);
    expect(ours.headers.get('content-type')).toBe('image/jpeg');
    expect(Buffer.from(await ours.arrayBuffer())).toEqual(Buffer.from(await theirs.arrayBuffer()));
  });

  test('a board name instead of an id is refused with the id of the similar board', async () => {
    const answer = await app.call('POST', posts, scheduled({ boardId: 'recipes' }));
    expect(answer.status).toBe(400);
    expect(answer.body.error.details).toEqual([
      {
        path: 'boardId',
        code: 'board_not_found',
        message: expect.stringContaining(`${account.boards.Recipes} is "Recipes"`),
      },
    ]);
  });

  test('a board of another account is refused', async () => {
    const secondAccount = await app.connectAccount({ boards: ['Elsewhere'] });
    const answer = await app.call('POST', posts, scheduled({ boardId: secondAccount.boards.Elsewhere }));
    expect(answer.body.error.details[0].code).toBe('board_not_found');
  });

  test('media that cannot be fetched is refused with 422 and the message of the page, and nothing is stored', async () => {
    const before = await app.database.db.selectFrom('posts').select('id').execute();
    const answer = await app.call('POST', posts, scheduled({ mediaUrl: app.picture('no-such.jpg') }));
    expect(answer.status).toBe(422);
    expect(answer.body.error).toMatchObject({
      code: 'UNPROCESSABLE_ENTITY',
      message:
        'Failed to process media URL. Ensure the URL is publicly accessible and points to a valid media file.',
      details: [{ path: 'mediaUrl', code: 'http_status' }],
    });
    expect(await app.database.db.selectFrom('posts').select('id').execute()).toEqual(before);
  });

  test('an account whose token was refused accepts posts, with a warning', async () => {
    const lapsed = await app.connectAccount();
    await app.call('GET', `/v1/accounts/${lapsed.accountId}/boards`);
    await app.database.db
      .updateTable('accounts')
      .set({ token_authorized: false })
      .where('id', '=', lapsed.accountId)
      .execute();
    const answer = await app.call(
      'POST',
      `/v1/accounts/${lapsed.accountId}/posts`,
      scheduled({ boardId: lapsed.boards.Recipes }),
    );
    expect(answer.status).toBe(201);
    expect(answer.body.meta.warnings).toMatchObject([{ code: 'account_unauthorized' }]);
  });
});

describe('get and list', () => {
  test('a post can be read again as it was created', async () => {
    const created = await app.call('POST', posts, scheduled());
    const { id } = created.body.data.post;
    const read = await app.call('GET', `${posts}/${id}`);
    expect(read.status).toBe(200);
    expect(read.body.data).toEqual(created.body.data);
  });

  test('pages of queued posts are soonest first, without gaps or repeats while posts are added', async () => {
    const own = await app.connectAccount();
    const path = `/v1/accounts/${own.accountId}/posts`;
    const at = (minutes: number) => new Date(app.clock.now().getTime() + minutes * 60_000).toISOString();
    const create = (minutes: number) =>
      app.call('POST', path, scheduled({ boardId: own.boards.Recipes, sendAt: at(minutes) }));
    // Two share a moment: the order must not depend on it.
    for (const minutes of [50, 10, 30, 30, 20]) await create(minutes);
    const first = await app.call('GET', `${path}?limit=2`);
    await create(5);
    const second = await app.call('GET', `${path}?limit=2&cursor=${first.body.data.cursor}`);
    const third = await app.call('GET', `${path}?limit=2&cursor=${second.body.data.cursor}`);
    const listed = [first, second, third].flatMap((page) => page.body.data.posts);
    const minutes = listed.map((post) =>
      Math.round((post.sendAt * 1000 - app.clock.now().getTime()) / 60_000),
    );
    expect(minutes).toEqual([10, 20, 30, 30, 50]);
    expect(new Set(listed.map((post) => post.id)).size).toBe(5);
    expect(third.body.data.cursor).toBeNull();
  });

  test('drafts are listed newest first, and dates filter the list', async () => {
    const own = await app.connectAccount();
    const path = `/v1/accounts/${own.accountId}/posts`;
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      ids.push((await app.call('POST', path, { mediaUrl: app.picture() })).body.data.post.id);
      app.clock.advance(60_000);
    }
    const list = async (query: string) =>
      (await app.call('GET', `${path}?status=draft${query}`)).body.data.posts.map(
        (post: { id: string }) => post.id,
      );
    expect(await list('')).toEqual(ids.toReversed());
    const middle = encodeURIComponent(new Date(app.clock.now().getTime() - 120_000).toISOString());
    expect(await list(`&startDate=${middle}`)).toEqual([ids[2], ids[1]]);
    expect(await list(`&endDate=${middle}`)).toEqual([ids[1], ids[0]]);
  });

  test('a cursor of another list, or an invalid one, is refused', async () => {
    for (const cursor of ['nonsense', Buffer.from('["draft",1,"post_x"]').toString('base64url')]) {
      const answer = await app.call('GET', `${posts}?status=queued&cursor=${cursor}`);
      expect(answer.status).toBe(400);
      expect(answer.body.error.details[0].code).toBe('invalid_cursor');
      expect((await app.call('GET', `${posts}?status=queued&cursor=`)).status).toBe(200);
    }
  });
});

describe('schedule', () => {
  test('a complete draft is queued', async () => {
    const { sendAt, ...complete } = scheduled();
    const draft = (await app.call('POST', posts, complete)).body.data.post;
    const answer = await app.call('POST', `${posts}/${draft.id}/schedule`, { sendAt });
    expect(answer.status).toBe(200);
    expect(answer.body.data.post).toMatchObject({
      status: 'queued',
      sendAt: Date.parse(String(sendAt)) / 1000,
    });
  });

  test('scheduling an incomplete draft reports every missing field', async () => {
    const draft = (await app.call('POST', posts, { mediaUrl: app.picture(), title: 'x' })).body.data.post;
    const answer = await app.call('POST', `${posts}/${draft.id}/schedule`, { sendAt: soon() });
    expect(answer.status).toBe(400);
    expect(answer.body.error.details.map((detail: { path: string }) => detail.path)).toEqual([
      'boardId',
      'description',
      'url',
    ]);
  });

  test('a schedule can include the board', async () => {
    const { boardId, sendAt, ...rest } = scheduled();
    const draft = (await app.call('POST', posts, rest)).body.data.post;
    const answer = await app.call('POST', `${posts}/${draft.id}/schedule`, {
      sendAt,
      boardId: account.boards.Garden,
    });
    expect(answer.body.data.post).toMatchObject({ status: 'queued', boardId: account.boards.Garden });
    expect(boardId).toBeDefined();
  });
});

describe('delete', () => {
  test('a deleted queued post is not found and is never published', async () => {
    const own = await app.connectAccount();
    const path = `/v1/accounts/${own.accountId}/posts`;
    const { id } = (await app.call('POST', path, scheduled({ boardId: own.boards.Recipes }))).body.data.post;
    const answer = await app.call('DELETE', `${path}/${id}`);
    expect(answer).toMatchObject({ status: 200, body: { data: { deleted: true, id } } });
    expect((await app.call('GET', `${path}/${id}`)).status).toBe(404);
    expect((await app.call('DELETE', `${path}/${id}`)).status).toBe(404);
    expect((await app.call('GET', path)).body.data.posts).toEqual([]);
  });
});

describe('access', () => {
  test('an account and a post of another organization are not found', async () => {
    const { id } = (await app.call('POST', posts, scheduled())).body.data.post;
    const stranger = (await app.makeKey({ organization: 'Strangers' })).key;
    const own = await app.connectAccount();
    for (const [method, path, body] of [
      ['GET', `${posts}/${id}`, undefined],
      ['DELETE', `${posts}/${id}`, undefined],
      ['POST', `${posts}/${id}/schedule`, { sendAt: soon() }],
      ['GET', posts, undefined],
      ['POST', posts, scheduled()],
    ] as const) {
      const answer = await app.call(method, path, body, stranger);
      expect([method, path, answer.status, answer.body.error]).toEqual([
        method,
        path,
        404,
        expect.objectContaining({ reason: 'account_not_found', message: 'Account not found' }),
      ]);
    }
    // The right key, but the post belongs to another account of the same organization.
    expect((await app.call('GET', `/v1/accounts/${own.accountId}/posts/${id}`)).body.error).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'post_not_found',
      message: 'Post not found',
    });
  });

  test('a key that is restricted to an account sees no other one, and a key without the scope cannot write', async () => {
    const visible = await app.connectAccount();
    const restricted = (await app.makeKey({ accountIds: [visible.accountId] })).key;
    expect((await app.call('GET', posts, undefined, restricted)).status).toBe(404);
    const list = await app.call('GET', '/v1/accounts', undefined, restricted);
    expect(list.body.data.accounts.map((entry: { id: string }) => entry.id)).toEqual([visible.accountId]);
    const reader = (await app.makeKey({ scopes: ['posts:read'] })).key;
    expect((await app.call('GET', posts, undefined, reader)).status).toBe(200);
    const answer = await app.call('POST', posts, scheduled(), reader);
    expect(answer.status).toBe(403);
    expect(answer.body.error).toMatchObject({ code: 'FORBIDDEN', details: [{ code: 'scope_missing' }] });
  });
});

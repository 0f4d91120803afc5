// Boards and their sections over HTTP: what is done here is done on Pinterest.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fieldCodes } from '../../../test/answer.ts';
import type { Json } from '../../../test/app.ts';
import { errorLevel } from '../../../test/log.ts';
import { account, app, useApp } from '../../../test/use-app.ts';

useApp({ sections: ['Soups'] });

let path: string;

beforeEach(() => {
  path = `/v1/accounts/${account.accountId}/boards`;
});
afterEach(() => app.clearFaults());

interface Shown extends Json {
  id: string;
  name: string;
}

const list = async (query = ''): Promise<Shown[]> => (await app.call('GET', path + query)).body.data.boards;
const named = async (name: string, query?: string) =>
  (await list(query)).find((board) => board.name === name);
const recipes = () => `${path}/${account.boards.Recipes}`;

/** What Pinterest itself has, whatever is kept here. */
async function onPinterest(below = ''): Promise<Shown[]> {
  const answer = await fetch(`${app.simulator.apiUrl}/boards${below}?page_size=250`, {
    headers: { authorization: `Bearer ${account.accessToken}` },
  });
  return ((await answer.json()) as { items: Shown[] }).items;
}

async function listCalls(): Promise<number> {
  const { requests } = (await app.control('GET', '/requests')) as { requests: { operation: string }[] };
  return requests.filter((request) => request.operation === 'boards/list').length;
}

describe('listing', () => {
  test('every field of the contract is there', async () => {
    expect(await named('Recipes')).toEqual({
      id: account.boards.Recipes,
      name: 'Recipes',
      isCollaborator: false,
      isSecret: false,
      description: '',
      sectionCount: null,
      pinCount: 0,
      url: null,
    });
    await app.call('GET', `${recipes()}/sections`);
    expect(await named('Recipes')).toMatchObject({ sectionCount: 1 });
  });

  test('the list is kept for ten minutes, and read again when asked for', async () => {
    await list();
    const before = await listCalls();
    await list();
    expect((await listCalls()) - before).toBe(0);
    await list('?refresh=true');
    expect((await listCalls()) - before).toBe(1);
    app.clock.advance(10 * 60_000);
    await list();
    expect((await listCalls()) - before).toBe(2);
  });

  test('while Pinterest is away an older list is shown, with a warning', async () => {
    await list();
    await app.faults([{ operation: 'boards/list', kind: 'status', status: 503, times: 0 }]);
    const answer = await app.call('GET', `${path}?refresh=true`);
    expect(answer.status).toBe(200);
    expect(answer.body.data.boards).toHaveLength(2);
    expect(answer.body.meta.warnings).toMatchObject([{ code: 'boards_not_refreshed' }]);
  });
});

describe('creating', () => {
  test('the board is on Pinterest, and in the list without asking Pinterest again', async () => {
    await list();
    const before = await listCalls();
    const answer = await app.call('POST', path, { name: 'Attic', description: 'Under the roof.' });
    expect(answer.status).toBe(201);
    expect(answer.body.data.board).toMatchObject({
      id: expect.stringMatching(/^\d+$/),
      name: 'Attic',
      description: 'Under the roof.',
      isSecret: false,
    });
    expect(await named('Attic')).toEqual(answer.body.data.board);
    expect(await listCalls()).toBe(before);
    expect((await onPinterest()).map(({ name }) => name)).toContain('Attic');
  });

  test('before the first list was read, too', async () => {
    const { body } = await app.call('POST', path, { name: 'Cellar' });
    expect((await list()).map(({ id }) => id)).toContain(body.data.board.id);
    expect(await list()).toHaveLength(3);
  });

  test('posts can be sent to it at once', async () => {
    const { body } = await app.call('POST', path, { name: 'Attic' });
    const post = await app.createPost(account, { boardId: body.data.board.id });
    expect(post).toMatchObject({ status: 'queued', boardId: body.data.board.id });
  });

  test('a repeat with the same Idempotency-Key gets the first answer, and makes no second board', async () => {
    const ask = () =>
      fetch(`${app.url}${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${app.key}`,
          'content-type': 'application/json',
          'idempotency-key': `attic of ${account.accountId}`,
        },
        body: JSON.stringify({ name: 'Attic' }),
      });
    const first = await ask();
    expect(first.status).toBe(201);
    const second = await ask();
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(await second.text()).toBe(await first.text());
    expect(await onPinterest()).toHaveLength(3);
  });

  test('a name that is taken: 409, and no second board', async () => {
    const answer = await app.call('POST', path, { name: 'recipes' });
    expect(answer.status).toBe(409);
    expect(answer.body.error).toMatchObject({
      code: 'CONFLICT',
      message: 'The account already has a board with this name',
      details: [{ path: 'name', code: 'board_name_taken' }],
    });
    expect(await onPinterest()).toHaveLength(2);
  });

  test('a list that was read before the change does not undo it', async () => {
    // The list is on its way, slowly, when the board is made.
    await app.faults([{ operation: 'boards/list', when: 'after', kind: 'delay', delayMs: 300, times: 1 }]);
    const slow = app.call('GET', `${path}?refresh=true`);
    const { body } = await app.call('POST', path, { name: 'Attic' });
    await slow;
    expect((await list()).map(({ id }) => id)).toContain(body.data.board.id);
  });

  test('a lost answer is told as one, and the list shows what became of it', async () => {
    await app.faults([{ operation: 'boards/create', when: 'after', kind: 'reset', times: 1 }]);
    const answer = await app.call('POST', path, { name: 'Attic' });
    expect(answer.status).toBe(503);
    expect(answer.body.error).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: 'Pinterest did not confirm the change',
      details: [{ code: 'answer_lost' }],
    });
    expect(await named('Attic')).toBeDefined();
  });

  test.each([
    [{ kind: 'status', status: 503 }, 503, 'pinterest_unavailable'],
    [{ kind: 'status', status: 429, code: 8 }, 503, 'rate_limited'],
    [{ kind: 'status', status: 403, code: 29 }, 422, 'not_permitted'],
    [{ kind: 'status', status: 400, code: 1, message: 'No such luck.' }, 422, 'invalid_request'],
  ])('what Pinterest says against it is passed on: %j', async (fault, status, code) => {
    await app.faults([{ operation: 'boards/create', when: 'before', times: 1, ...fault }]);
    const answer = await app.call('POST', path, { name: 'Attic' });
    expect([answer.status, answer.body.error.details[0].code]).toEqual([status, code]);
    expect(answer.body.error.details[0].message).toMatch(/^[A-Z].*\.$/);
    expect(await named('Attic')).toBeUndefined();
  });

  test('a token that lacks the permission for secret boards is no lapsed account', async () => {
    await app.faults([
      { operation: 'boards/create', when: 'before', kind: 'status', status: 401, code: 3, times: 1 },
    ]);
    const answer = await app.call('POST', path, { name: 'Diary', isSecret: true });
    expect([answer.status, answer.body.error.details[0].code]).toEqual([409, 'scope_missing']);
    const { body } = await app.call('GET', `/v1/accounts/${account.accountId}`);
    expect(body.data.account.tokenAuthorized).toBe(true);
  });
});

describe('changing', () => {
  test('what is given is changed on Pinterest and here, what is left out stays', async () => {
    const before = await named('Recipes');
    const answer = await app.call('PATCH', recipes(), { name: 'Kitchen' });
    expect(answer.status).toBe(200);
    expect(answer.body.data.board).toEqual({ ...before, name: 'Kitchen' });
    const described = await app.call('PATCH', recipes(), { description: 'All of it.' });
    expect(described.body.data.board).toMatchObject({ name: 'Kitchen', description: 'All of it.' });
    expect(await list()).toContainEqual(described.body.data.board);
    expect((await onPinterest()).map(({ name }) => name).sort()).toEqual(['Garden', 'Kitchen']);
  });

  test('the name of another board is refused', async () => {
    const answer = await app.call('PATCH', recipes(), { name: 'Garden' });
    expect([answer.status, answer.body.error.details[0].code]).toEqual([409, 'board_name_taken']);
    expect(await named('Recipes')).toBeDefined();
  });
});

describe('deleting', () => {
  test('without confirmation nothing is deleted, and the refusal says what would be', async () => {
    await app.createPost(account);
    const answer = await app.call('DELETE', recipes());
    expect(answer.status).toBe(400);
    expect(answer.body.error.details).toEqual([
      { path: 'confirm', code: 'required', message: expect.stringContaining('1 queued post would fail') },
    ]);
    expect(answer.body.error.details[0].message).toContain('"Recipes" with its 0 Pins');
    expect(await onPinterest()).toHaveLength(2);
  });

  test('with it the board is gone from Pinterest and from here; posts that were meant for it are counted', async () => {
    await app.createPost(account);
    await app.createPost(account, { title: 'Another' });
    const answer = await app.call('DELETE', `${recipes()}?confirm=true`);
    expect(answer.status).toBe(200);
    expect(answer.body.data).toEqual({ deleted: true, id: account.boards.Recipes });
    expect(answer.body.meta.warnings).toEqual([
      { code: 'queued_posts_without_board', message: expect.stringMatching(/^2 queued posts /) },
    ]);
    expect((await onPinterest()).map(({ name }) => name)).toEqual(['Garden']);
    expect((await list()).map(({ name }) => name)).toEqual(['Garden']);
    expect((await app.call('DELETE', `${recipes()}?confirm=true`)).status).toBe(404);
  });

  test('a board that is gone from Pinterest already: 404, and gone from the list', async () => {
    await list();
    await fetch(`${app.simulator.apiUrl}/boards/${account.boards.Recipes}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${account.accessToken}` },
    });
    const answer = await app.call('PATCH', recipes(), { name: 'Kitchen' });
    expect([answer.status, answer.body.error.message]).toEqual([404, 'Board not found']);
    expect((await list()).map(({ name }) => name)).toEqual(['Garden']);
  });
});

describe('sections', () => {
  const sections = async (query = '') => (await app.call('GET', `${recipes()}/sections${query}`)).body.data;

  test('are listed, made and deleted on Pinterest', async () => {
    expect(await sections()).toEqual({ sections: [{ id: expect.stringMatching(/^\d+$/), name: 'Soups' }] });
    const made = await app.call('POST', `${recipes()}/sections`, { name: 'Breads' });
    expect(made.status).toBe(201);
    expect((await sections()).sections).toMatchObject([{ name: 'Soups' }, made.body.data.section]);
    expect(await named('Recipes')).toMatchObject({ sectionCount: 2 });
    const id = made.body.data.section.id;
    const deleted = await app.call('DELETE', `${recipes()}/sections/${id}`);
    expect(deleted.body.data).toEqual({ deleted: true, id });
    expect(await sections()).toMatchObject({ sections: [{ name: 'Soups' }] });
    expect(await onPinterest(`/${account.boards.Recipes}/sections`)).toMatchObject([{ name: 'Soups' }]);
    expect((await app.call('DELETE', `${recipes()}/sections/${id}`)).status).toBe(404);
  });

  test('are kept for ten minutes and read again when asked for', async () => {
    await sections();
    await app.faults([{ operation: 'board_sections/list', kind: 'status', status: 503, times: 0 }]);
    expect((await sections()).sections).toHaveLength(1);
    const stale = await app.call('GET', `${recipes()}/sections?refresh=true`);
    expect(stale.body.meta.warnings).toMatchObject([{ code: 'sections_not_refreshed' }]);
    const never = await app.call('GET', `${path}/${account.boards.Garden}/sections`);
    expect([never.status, never.body.error.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
  });

  test('one that queued posts are meant for is kept unless confirmed', async () => {
    const [section] = (await sections()).sections;
    const post = await app.createPost(account);
    await app.database.db
      .updateTable('posts')
      .set({ board_section_id: section.id })
      .where('id', '=', post.id)
      .execute();
    const kept = await app.call('DELETE', `${recipes()}/sections/${section.id}`);
    expect([kept.status, kept.body.error.details[0].code]).toEqual([409, 'section_in_use']);
    expect((await sections()).sections).toHaveLength(1);
    const gone = await app.call('DELETE', `${recipes()}/sections/${section.id}?confirm=true`);
    expect(gone.status).toBe(200);
    expect(gone.body.meta.warnings).toMatchObject([{ code: 'queued_posts_without_section' }]);
  });
});

describe('what is wrong is named, all at once', () => {
  test.each<[string, string, unknown, Record<string, string>]>([
    ['POST', '', undefined, { '': 'required' }],
    ['POST', '', {}, { name: 'required' }],
    ['POST', '', { name: ' ' }, { name: 'too_short' }],
    [
      'POST',
      '',
      { name: 'x'.repeat(51), description: 'y'.repeat(501) },
      { name: 'too_long', description: 'too_long' },
    ],
    [
      'POST',
      '',
      { nam: 'x', isSecret: 'no' },
      { name: 'required', nam: 'unknown_field', isSecret: 'wrong_type' },
    ],
    ['PATCH', '/{board}', {}, { '': 'required' }],
    ['PATCH', '/{board}', { name: null, url: 'x' }, { name: 'wrong_type', url: 'unknown_field' }],
    ['POST', '/{board}/sections', { name: 'x'.repeat(181) }, { name: 'too_long' }],
    ['POST', '/{board}/sections', { title: 'x' }, { name: 'required', title: 'unknown_field' }],
    ['GET', '?refesh=true', undefined, { refesh: 'unknown_field' }],
    ['GET', '?refresh=yes', undefined, { refresh: 'not_allowed' }],
    ['DELETE', '/{board}?confirm=maybe', undefined, { confirm: 'not_allowed' }],
  ])('%s %s %j', async (method, below, body, fields) => {
    const answer = await app.call(
      method,
      path + below.replace('{board}', account.boards.Recipes ?? ''),
      body,
    );
    expect(answer.status).toBe(400);
    expect(fieldCodes(answer.body.error.details)).toEqual(fields);
    expect(await onPinterest()).toHaveLength(2);
  });
});

describe('who may not', () => {
  const requests: [method: string, below: string, body?: Json][] = [
    ['GET', ''],
    ['POST', '', { name: 'Attic' }],
    ['PATCH', '/{board}', { name: 'Attic' }],
    ['DELETE', '/{board}?confirm=true'],
    ['GET', '/{board}/sections'],
    ['POST', '/{board}/sections', { name: 'Attic' }],
    ['DELETE', '/{board}/sections/1'],
  ];

  test.each(requests)('%s %s', async (method, below, body) => {
    const url = path + below.replace('{board}', account.boards.Recipes ?? '');
    const other = await app.connectAccount();
    const stranger = (await app.makeKey({ organization: 'Strangers' })).key;
    const restricted = (await app.makeKey({ accountIds: [other.accountId] })).key;
    for (const key of [stranger, restricted]) {
      const answer = await app.call(method, url, body, key);
      expect([answer.status, answer.body.error.message]).toEqual([404, 'Account not found']);
    }
    const scope = method === 'GET' ? 'posts:read' : 'boards:read';
    expect((await app.call(method, url, body, (await app.makeKey({ scopes: [scope] })).key)).status).toBe(
      403,
    );
    // A board of another account is not there either.
    if (below.includes('{board}')) {
      const foreign = path + below.replace('{board}', other.boards.Recipes ?? '');
      const answer = await app.call(method, foreign, body);
      expect([answer.status, answer.body.error.message]).toEqual([404, 'Board not found']);
    }
    expect((await onPinterest()).map(({ name }) => name).sort()).toEqual(['Garden', 'Recipes']);
  });
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

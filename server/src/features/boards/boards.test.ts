// Boards over HTTP: each change is made on Pinterest.
import { describe, expect, test } from 'vitest';
import { errorLevel } from '../../../test/log.ts';
import { account, app } from '../../../test/use-app.ts';
import { list, named, onPinterest, path, recipes, useBoards } from './boards.fixture.ts';

useBoards();

async function listCalls(): Promise<number> {
  const { requests } = (await app.control('GET', '/requests')) as { requests: { operation: string }[] };
  return requests.filter((request) => request.operation === 'boards/list').length;
}

describe('listing boards', () => {
  test('a board has every field of the contract', async () => {
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

  test('the list of boards is stored for ten minutes, and read again with refresh=true', async () => {
    await list();
    const before = await listCalls();
    await list();
    expect((await listCalls()) - before).toBe(0);
    await list('?refresh=True');
    expect((await listCalls()) - before).toBe(1);
    app.clock.advance(10 * 60_000);
    await list();
    expect((await listCalls()) - before).toBe(2);
  });

  test('during an outage of Pinterest the stored list is returned with a warning', async () => {
    await list();
    await app.faults([{ operation: 'boards/list', kind: 'status', status: 503, times: 0 }]);
    const answer = await app.call('GET', `${path}?refresh=true`);
    expect(answer.status).toBe(200);
    expect(answer.body.data.boards).toHaveLength(2);
    expect(answer.body.meta.warnings).toMatchObject([{ code: 'boards_not_refreshed' }]);
  });
});

describe('creating a board', () => {
  test('a new board is on Pinterest, and in the list without another request to Pinterest', async () => {
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

  test('a board created before the first list was read is in the list', async () => {
    const { body } = await app.call('POST', path, { name: 'Cellar' });
    expect((await list()).map(({ id }) => id)).toContain(body.data.board.id);
    expect(await list()).toHaveLength(3);
  });

  test('a new board accepts posts at once', async () => {
    const { body } = await app.call('POST', path, { name: 'Attic' });
    const post = await app.createPost(account, { boardId: body.data.board.id });
    expect(post).toMatchObject({ status: 'queued', boardId: body.data.board.id });
  });

  test('a repeat with the same Idempotency-Key gets the first response, and creates no second board', async () => {
    const send = () =>
      fetch(`${app.url}${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${app.key}`,
          'content-type': 'application/json',
          'idempotency-key': `attic of ${account.accountId}`,
        },
        body: JSON.stringify({ name: 'Attic' }),
      });
    const first = await send();
    expect(first.status).toBe(201);
    const second = await send();
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(await second.text()).toBe(await first.text());
    expect(await onPinterest()).toHaveLength(3);
  });

  test('a name that is taken is refused with 409, and no second board is created', async () => {
    const answer = await app.call('POST', path, { name: 'recipes' });
    expect(answer.status).toBe(409);
    expect(answer.body.error).toMatchObject({
      code: 'CONFLICT',
      message: 'The account already has a board with this name',
      details: [{ path: 'name', code: 'board_name_taken' }],
    });
    expect(await onPinterest()).toHaveLength(2);
  });

  test('a list that was read before a board was created does not remove the board', async () => {
    // The response with the list is delayed while the board is created.
    await app.faults([{ operation: 'boards/list', when: 'after', kind: 'delay', delayMs: 300, times: 1 }]);
    const slow = app.call('GET', `${path}?refresh=true`);
    const { body } = await app.call('POST', path, { name: 'Attic' });
    await slow;
    expect((await list()).map(({ id }) => id)).toContain(body.data.board.id);
  });

  test('a lost response is reported as unconfirmed, and the list has the new board', async () => {
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
  ])('the refusal of Pinterest is returned to the caller: %j', async (fault, status, code) => {
    await app.faults([{ operation: 'boards/create', when: 'before', times: 1, ...fault }]);
    const answer = await app.call('POST', path, { name: 'Attic' });
    expect([answer.status, answer.body.error.details[0].code]).toEqual([status, code]);
    expect(answer.body.error.details[0].message).toMatch(/^[A-Z].*\.$/);
    expect(await named('Attic')).toBeUndefined();
  });

  test('a token without the permission for secret boards leaves the account authorized', async () => {
    await app.faults([
      { operation: 'boards/create', when: 'before', kind: 'status', status: 401, code: 3, times: 1 },
    ]);
    const answer = await app.call('POST', path, { name: 'Diary', isSecret: true });
    expect([answer.status, answer.body.error.details[0].code]).toEqual([409, 'scope_missing']);
    const { body } = await app.call('GET', `/v1/accounts/${account.accountId}`);
    expect(body.data.account.tokenAuthorized).toBe(true);
  });
});

describe('updating a board', () => {
  test('fields in the body are changed on Pinterest and here, and omitted fields are unchanged', async () => {
    const before = await named('Recipes');
    const answer = await app.call('PATCH', recipes(), { name: 'Kitchen' });
    expect(answer.status).toBe(200);
    expect(answer.body.data.board).toEqual({ ...before, name: 'Kitchen' });
    const described = await app.call('PATCH', recipes(), { description: 'All of it.' });
    expect(described.body.data.board).toMatchObject({ name: 'Kitchen', description: 'All of it.' });
    expect(await list()).toContainEqual(described.body.data.board);
    expect((await onPinterest()).map(({ name }) => name).sort()).toEqual(['Garden', 'Kitchen']);
  });

  test('renaming a board to the name of another board is refused', async () => {
    const answer = await app.call('PATCH', recipes(), { name: 'Garden' });
    expect([answer.status, answer.body.error.details[0].code]).toEqual([409, 'board_name_taken']);
    expect(await named('Recipes')).toBeDefined();
  });
});

describe('deleting a board', () => {
  test('without confirmation a board is not deleted, and the refusal says what would be deleted', async () => {
    await app.createPost(account);
    const answer = await app.call('DELETE', recipes());
    expect(answer.status).toBe(400);
    expect(answer.body.error.details).toEqual([
      { path: 'confirm', code: 'required', message: expect.stringContaining('1 queued post would fail') },
    ]);
    expect(answer.body.error.details[0].message).toContain('"Recipes" and its 0 Pins');
    expect(await onPinterest()).toHaveLength(2);
  });

  test('with confirmation the board is deleted on Pinterest and here, and its queued posts are counted', async () => {
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

  test('a board that was deleted on Pinterest is not found, and is removed from the list', async () => {
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
test('nothing in this file was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

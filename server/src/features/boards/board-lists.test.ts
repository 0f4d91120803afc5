// Board lists over HTTP.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fieldCodes } from '../../../test/answer.ts';
import type { Json } from '../../../test/app.ts';
import { errorLevel } from '../../../test/log.ts';
import { account, app, useApp } from '../../../test/use-app.ts';

useApp();

let path: string;
let recipes: string;
let garden: string;

beforeEach(() => {
  path = `/v1/accounts/${account.accountId}/board-lists`;
  recipes = account.boards.Recipes ?? '';
  garden = account.boards.Garden ?? '';
});
afterEach(() => app.clearFaults());

const list = async () => (await app.call('GET', path)).body.data.boardLists as Json[];
const create = (body: unknown) => app.call('POST', path, body);

test('a board list has its boards in the order of the request, and is listed', async () => {
  const answer = await create({ name: 'Autumn', boardIds: [garden, recipes] });
  expect(answer.status).toBe(201);
  expect(answer.body.data.boardList).toEqual({
    id: expect.any(Number),
    name: 'Autumn',
    accountId: account.accountId,
    boards: [
      { id: garden, order: 0 },
      { id: recipes, order: 1 },
    ],
  });
  const second = await create({ boardIds: [] });
  expect(second.body.data.boardList).toMatchObject({ name: null, boards: [] });
  expect(await list()).toEqual([answer.body.data.boardList, second.body.data.boardList]);
});

test('PUT replaces the name and the boards of a board list', async () => {
  const { id } = (await create({ name: 'Autumn', boardIds: [garden, recipes] })).body.data.boardList;
  const answer = await app.call('PUT', `${path}/${id}`, { boardIds: [recipes] });
  expect(answer.status).toBe(200);
  expect(answer.body.data.boardList).toMatchObject({ id, name: null, boards: [{ id: recipes, order: 0 }] });
  expect(await list()).toEqual([answer.body.data.boardList]);
});

test('a deleted board list is not found, and its boards are unchanged', async () => {
  const { id } = (await create({ name: null, boardIds: [garden] })).body.data.boardList;
  expect((await app.call('DELETE', `${path}/${id}`)).body.data).toEqual({ deleted: true, id });
  expect(await list()).toEqual([]);
  expect((await app.call('DELETE', `${path}/${id}`)).status).toBe(404);
  expect((await app.call('GET', `/v1/accounts/${account.accountId}/boards`)).body.data.boards).toHaveLength(
    2,
  );
});

test('a board that is deleted later stays in the board list', async () => {
  const created = await create({ boardIds: [garden, recipes] });
  await app.call('DELETE', `/v1/accounts/${account.accountId}/boards/${garden}?confirm=true`);
  expect(await list()).toEqual([created.body.data.boardList]);
});

describe('every invalid field of a board list is named', () => {
  test('each board that the account does not have is reported at its index', async () => {
    const other = await app.connectAccount();
    const body = { boardIds: [recipes, other.boards.Recipes, garden, 'gardn', '7'] };
    const { id } = (await create({ boardIds: [] })).body.data.boardList;
    for (const answer of [await create(body), await app.call('PUT', `${path}/${id}`, body)]) {
      expect(answer.status).toBe(400);
      expect(answer.body.error.details).toMatchObject([
        { path: 'boardIds.1', code: 'board_not_found' },
        {
          path: 'boardIds.3',
          code: 'board_not_found',
          message: expect.stringContaining(`${garden} is "Garden"`),
        },
        { path: 'boardIds.4', code: 'board_not_found' },
      ]);
    }
    expect(await list()).toMatchObject([{ id, boards: [] }]);
  });

  test.each<[unknown, Record<string, string>]>([
    [undefined, { '': 'required' }],
    [{}, { boardIds: 'required' }],
    [{ boardIds: '1' }, { boardIds: 'wrong_type' }],
    [{ boardIds: [1, null] }, { 'boardIds.0': 'wrong_type', 'boardIds.1': 'wrong_type' }],
    [{ boardIds: ['1', '2', '1'] }, { 'boardIds.2': 'repeated' }],
    [{ boardIds: Array.from({ length: 2001 }, String) }, { boardIds: 'too_large' }],
    [{ boardIds: [], name: 'x'.repeat(256) }, { name: 'too_long' }],
    [
      { boards: [], nam: 'x' },
      { boardIds: 'required', boards: 'unknown_field', nam: 'unknown_field' },
    ],
  ])('%j', async (body, fields) => {
    for (const [method, url] of [
      ['POST', path],
      ['PUT', `${path}/1`],
    ] as const) {
      const answer = await app.call(method, url, body);
      expect(answer.status).toBe(400);
      expect(fieldCodes(answer.body.error.details)).toEqual(fields);
    }
  });

  test.each(['0', '-1', '01', '1.5', 'x', '2147483648', '99999999999999999999', '%00'])(
    'a board list with the id %s is not found',
    async (id) => {
      for (const [method, body] of [['PUT', { boardIds: [] }], ['DELETE']] as const) {
        const answer = await app.call(method, `${path}/${id}`, body);
        expect([answer.status, answer.body.error.message]).toEqual([404, 'Board list not found']);
      }
    },
  );
});

test('during an outage of Pinterest, stored boards are accepted and other boards are an outage', async () => {
  await app.call('GET', `/v1/accounts/${account.accountId}/boards`);
  await app.faults([{ operation: 'boards/list', kind: 'status', status: 503, times: 0 }]);
  expect((await create({ boardIds: [garden] })).status).toBe(201);
  const answer = await create({ boardIds: [garden, '123'] });
  expect([answer.status, answer.body.error.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
});

test('an account has at most 1,000 board lists', async () => {
  const { organizationId } = app;
  const row = {
    organization_id: organizationId,
    account_id: account.accountId,
    name: null,
    board_ids: [],
    created_at: app.clock.now(),
    updated_at: app.clock.now(),
  };
  await app.database.db.insertInto('board_lists').values(Array(999).fill(row)).execute();
  expect((await create({ boardIds: [] })).status).toBe(201);
  const answer = await create({ boardIds: [] });
  expect([answer.status, answer.body.error.code]).toEqual([409, 'CONFLICT']);
  expect(await list()).toHaveLength(1000);
});

describe('a caller without access gets 404, and a key without the scope 403', () => {
  test.each<[method: string, below: string, body?: Json]>([
    ['GET', ''],
    ['POST', '', { boardIds: [] }],
    ['PUT', '/{id}', { boardIds: [] }],
    ['DELETE', '/{id}'],
  ])('%s %s', async (method, below, body) => {
    const created = (await create({ name: 'Mine', boardIds: [garden] })).body.data.boardList;
    const other = await app.connectAccount();
    const at = (accountId: string) =>
      `/v1/accounts/${accountId}/board-lists${below.replace('{id}', String(created.id))}`;
    const stranger = (await app.makeKey({ organization: 'Strangers' })).key;
    const restricted = (await app.makeKey({ accountIds: [other.accountId] })).key;
    for (const key of [stranger, restricted]) {
      const answer = await app.call(method, at(account.accountId), body, key);
      expect([answer.status, answer.body.error.message]).toEqual([404, 'Account not found']);
    }
    const scope = method === 'GET' ? 'posts:read' : 'boards:read';
    const weak = (await app.makeKey({ scopes: [scope] })).key;
    expect((await app.call(method, at(account.accountId), body, weak)).status).toBe(403);
    // In another account the list is not found either.
    const elsewhere = await app.call(method, at(other.accountId), body);
    if (below !== '') expect(elsewhere.status).toBe(404);
    expect(await list()).toEqual([created]);
  });
});

test('listing board lists uses an index', async () => {
  const { rows } = await app.database.pool.query(
    `explain select * from board_lists where account_id = 'acc_x' and organization_id = 'org_x' order by id`,
  );
  expect(JSON.stringify(rows)).toContain('board_lists_by_account');
});

test('nothing in this file was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

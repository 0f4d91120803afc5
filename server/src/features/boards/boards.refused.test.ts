// Requests about boards that are refused: with invalid fields, or from callers without access.
import { describe, expect, test } from 'vitest';
import { fieldCodes } from '../../../test/answer.ts';
import type { Json } from '../../../test/app.ts';
import { account, app } from '../../../test/use-app.ts';
import { onPinterest, path, useBoards } from './boards.fixture.ts';

useBoards();

describe('every invalid field of a request is named', () => {
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

describe('a caller without access gets 404, and a key without the scope 403', () => {
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
    // A board of another account is not found either.
    if (below.includes('{board}')) {
      const foreign = path + below.replace('{board}', other.boards.Recipes ?? '');
      const answer = await app.call(method, foreign, body);
      expect([answer.status, answer.body.error.message]).toEqual([404, 'Board not found']);
    }
    expect((await onPinterest()).map(({ name }) => name).sort()).toEqual(['Garden', 'Recipes']);
  });
});

// PATCH of an account: its time zone, limits and policies.
import { beforeEach, describe, expect, test } from 'vitest';
import { fieldCodes } from '../../../../test/answer.ts';
import type { Json } from '../../../../test/app.ts';
import { errorLevel } from '../../../../test/log.ts';
import { account, app, useApp } from '../../../../test/use-app.ts';

useApp();

let path: string;

beforeEach(() => {
  path = `/v1/accounts/${account.accountId}`;
});

const patch = (body: unknown, key?: string) => app.call('PATCH', path, body, key);
const view = async () => (await app.call('GET', path)).body.data.account;

test('a new account has no limits and retries lost posts', async () => {
  expect(await view()).toMatchObject({
    timezone: 'UTC',
    dailyPinLimit: null,
    minIntervalSeconds: 0,
    unknownPolicy: 'retry',
  });
});

test('fields in the body are changed, omitted fields are unchanged, and null clears a limit', async () => {
  const before = await view();
  const all = {
    timezone: 'America/New_York',
    dailyPinLimit: 25,
    minIntervalSeconds: 600,
    unknownPolicy: 'ask',
  };
  const answer = await patch(all);
  expect(answer.status).toBe(200);
  expect(answer.body.data.account).toEqual({ ...before, ...all });
  for (const change of [
    { dailyPinLimit: null },
    { minIntervalSeconds: 0 },
    { unknownPolicy: 'retry' },
    { timezone: 'Asia/Kolkata' },
  ]) {
    const was = await view();
    expect((await patch(change)).body.data.account).toEqual({ ...was, ...change });
    expect(await view()).toEqual({ ...was, ...change });
  }
});

test('the lowest and the highest allowed limits are accepted', async () => {
  for (const body of [
    { dailyPinLimit: 1, minIntervalSeconds: 0 },
    { dailyPinLimit: 1000, minIntervalSeconds: 86_400 },
  ]) {
    expect((await patch(body)).body.data.account).toMatchObject(body);
  }
});

describe('an invalid field is named, and nothing is changed', () => {
  test.each<[unknown, Record<string, string>]>([
    [{}, { '': 'required' }],
    [undefined, { '': 'required' }],
    [{ timezone: 'Mars/Olympus' }, { timezone: 'unknown_timezone' }],
    [{ timezone: '+02:00' }, { timezone: 'unknown_timezone' }],
    [{ timezone: '' }, { timezone: 'unknown_timezone' }],
    [{ timezone: null }, { timezone: 'wrong_type' }],
    [{ dailyPinLimit: 0 }, { dailyPinLimit: 'too_small' }],
    [{ dailyPinLimit: 1001 }, { dailyPinLimit: 'too_large' }],
    [{ dailyPinLimit: 1.5 }, { dailyPinLimit: 'wrong_type' }],
    [{ dailyPinLimit: '5' }, { dailyPinLimit: 'wrong_type' }],
    [{ minIntervalSeconds: -1 }, { minIntervalSeconds: 'too_small' }],
    [{ minIntervalSeconds: 86_401 }, { minIntervalSeconds: 'too_large' }],
    [{ minIntervalSeconds: null }, { minIntervalSeconds: 'wrong_type' }],
    [{ unknownPolicy: 'guess' }, { unknownPolicy: 'not_allowed' }],
    [{ dailyPinlimit: 5, timezone: 'UTC' }, { dailyPinlimit: 'unknown_field' }],
    [
      { username: 'x', minIntervalSeconds: -1 },
      { username: 'unknown_field', minIntervalSeconds: 'too_small' },
    ],
  ])('%j', async (body, fields) => {
    const before = await view();
    const answer = await patch(body);
    expect(answer.status).toBe(400);
    expect(fieldCodes(answer.body.error.details)).toEqual(fields);
    expect(await view()).toEqual(before);
  });
});

test('a change appends an event with the changed fields and the key that made it', async () => {
  const change: Json = { dailyPinLimit: 3 };
  const { id, key } = await app.makeKey({ name: 'Planner' });
  await patch(change, key);
  const event = await app.database.db
    .selectFrom('events')
    .select(['type', 'actor', 'data'])
    .where('account_id', '=', account.accountId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  expect(event).toEqual({
    type: 'account.updated',
    actor: { type: 'key', id, name: 'Planner' },
    data: change,
  });
});

test("another tenant's account is not found, and a key without the scope cannot change the account", async () => {
  const before = await view();
  const stranger = (await app.makeKey({ organization: 'Strangers' })).key;
  const reader = (await app.makeKey({ scopes: ['accounts:read'] })).key;
  const refused = await patch({ dailyPinLimit: 3 }, stranger);
  expect([refused.status, refused.body.error.message]).toEqual([404, 'Account not found']);
  expect((await patch({ dailyPinLimit: 3 }, reader)).status).toBe(403);
  expect(await view()).toEqual(before);
});

test('nothing in this file was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

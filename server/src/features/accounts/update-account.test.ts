// PATCH of an account: its zone and the rules by which its posts are carried.
import { beforeEach, describe, expect, test } from 'vitest';
import { fieldCodes } from '../../../test/answer.ts';
import type { Json } from '../../../test/app.ts';
import { errorLevel } from '../../../test/log.ts';
import { account, app, useApp } from '../../../test/use-app.ts';

useApp();

let path: string;

beforeEach(() => {
  path = `/v1/accounts/${account.accountId}`;
});

const patch = (body: unknown, key?: string) => app.call('PATCH', path, body, key);
const view = async () => (await app.call('GET', path)).body.data.account;

test('a new account has no limits and publishes again by itself', async () => {
  expect(await view()).toMatchObject({
    timezone: 'UTC',
    dailyPinLimit: null,
    minIntervalSeconds: 0,
    unknownPolicy: 'retry',
  });
});

test('what is given is changed and shown, what is left out stays, null clears the limit', async () => {
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

test('the limits themselves are taken', async () => {
  for (const body of [
    { dailyPinLimit: 1, minIntervalSeconds: 0 },
    { dailyPinLimit: 1000, minIntervalSeconds: 86_400 },
  ]) {
    expect((await patch(body)).body.data.account).toMatchObject(body);
  }
});

describe('what is wrong is named, and changes nothing', () => {
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

test('the change is in the event log', async () => {
  const change: Json = { dailyPinLimit: 3 };
  await patch(change);
  const event = await app.database.db
    .selectFrom('events')
    .select(['type', 'data'])
    .where('account_id', '=', account.accountId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  expect(event).toEqual({ type: 'account.updated', data: change });
});

test("another tenant's account is not there; a key without the scope may not change it", async () => {
  const before = await view();
  const stranger = (await app.makeKey({ organization: 'Strangers' })).key;
  const reader = (await app.makeKey({ scopes: ['accounts:read'] })).key;
  const refused = await patch({ dailyPinLimit: 3 }, stranger);
  expect([refused.status, refused.body.error.message]).toEqual([404, 'Account not found']);
  expect((await patch({ dailyPinLimit: 3 }, reader)).status).toBe(403);
  expect(await view()).toEqual(before);
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

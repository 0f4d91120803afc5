// Timeslots over HTTP.

import { describe, expect, test } from 'vitest';
import { fieldCodes } from '../../../test/answer.ts';
import type { Answer } from '../../../test/app.ts';
import { systemContext } from '../../../test/context.ts';
import { eventually } from '../../../test/eventually.ts';
import { errorLevel } from '../../../test/log.ts';
import { account, app } from '../../../test/use-app.ts';
import { newId } from '../../domain/ids.ts';
import type { Context } from '../../platform/use-case/index.ts';
import { now, path, unix, useSchedule } from './schedule.fixture.ts';
import { createTimeslot } from './use-cases/timeslots.ts';

useSchedule();

const slots = () => `${path}/timeslots`;
const create = (body: unknown, key?: string) => app.call('POST', slots(), body, key);
const list = async () => (await app.call('GET', slots())).body.data.timeslots;

describe('create', () => {
  test('a created timeslot has every field of the hosted API, with the next occurrence in its time zone', async () => {
    const answer = await create({ dayPreference: 1, timePreference: '09:30', timezone: 'America/New_York' });
    expect(answer.status).toBe(201);
    expect(answer.body.data).toEqual({
      timeslot: {
        id: expect.stringMatching(/^slot_[0-9a-z]{26}$/),
        accountId: account.accountId,
        dayPreference: 1,
        timePreference: '09:30',
        timezone: 'America/New_York',
        type: 'custom',
        sendAt: unix('2027-03-01T14:30'),
      },
    });
    expect(await list()).toEqual([answer.body.data.timeslot]);
  });

  test("a timeslot without a time zone gets the account's, and keeps it when the account's changes", async () => {
    await app.call('PATCH', path, { timezone: 'Asia/Kolkata' });
    const { body } = await create({ dayPreference: 0, timePreference: '00:00' });
    expect(body.data.timeslot).toMatchObject({
      timezone: 'Asia/Kolkata',
      sendAt: unix('2027-03-06T18:30'),
    });
    await app.call('PATCH', path, { timezone: 'UTC' });
    expect((await list())[0]).toEqual(body.data.timeslot);
  });

  test('the next occurrence is in the future, a week ahead if the time is the present minute', async () => {
    const { body } = await create({ dayPreference: 1, timePreference: '08:00', timezone: 'UTC' });
    expect(body.data.timeslot.sendAt).toBe(unix('2027-03-08T08:00'));
  });

  test('a second timeslot at the same day, time and zone is refused with the id of the first, in any spelling of the zone', async () => {
    const slot = { dayPreference: 2, timePreference: '18:00', timezone: 'Europe/Berlin' };
    const first = (await create(slot)).body.data.timeslot.id;
    const second = await create({ ...slot, timezone: 'europe/BERLIN' });
    expect([second.status, second.body.error.code]).toEqual([409, 'CONFLICT']);
    expect(second.body.error.details).toEqual([
      { path: '', code: 'timeslot_exists', message: `The timeslot at this time is ${first}.` },
    ]);
    for (const other of [{ dayPreference: 3 }, { timePreference: '18:01' }, { timezone: 'Europe/Paris' }]) {
      expect((await create({ ...slot, ...other })).status).toBe(201);
    }
    const elsewhere = await app.connectAccount();
    expect((await app.call('POST', `/v1/accounts/${elsewhere.accountId}/timeslots`, slot)).status).toBe(201);
  });

  test('of ten concurrent creates of the same timeslot, one succeeds', async () => {
    const slot = { dayPreference: 2, timePreference: '18:00' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => create(slot)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...Array(9).fill(409)]);
    expect(await list()).toHaveLength(1);
  });

  test('a create waits for a concurrent create of the same timeslot, and is then refused', async () => {
    const slot = { dayPreference: 2, timePreference: '18:00' };
    let second: Promise<Answer> | undefined;
    await app.database.transaction(async (tx) => {
      const context: Context = { ...systemContext(app), commit: (work) => work(tx) };
      await createTimeslot(context, account.accountId, slot);
      second = create(slot);
      await eventually('the second request waits', async () => {
        const { rows } = await app.database.pool.query(
          "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        return rows.length === 1;
      });
    });
    expect((await second)?.body.error.details[0].code).toBe('timeslot_exists');
    expect(await list()).toHaveLength(1);
  });

  test('an account has at most 1,000 timeslots', async () => {
    await app.database.db
      .insertInto('timeslots')
      .values(
        Array.from({ length: 999 }, (_, index) => ({
          id: newId('slot'),
          account_id: account.accountId,
          day_preference: 0,
          minute_of_day: index,
          timezone: 'UTC',
          type: 'custom',
          created_at: now,
          updated_at: now,
        })),
      )
      .execute();
    expect((await create({ dayPreference: 1, timePreference: '09:00' })).status).toBe(201);
    const refused = await create({ dayPreference: 1, timePreference: '09:01' });
    expect(refused.status).toBe(409);
    expect(refused.body.error.details[0]).toEqual({
      path: '',
      code: 'too_many_timeslots',
      message: 'Limit reached: the account has 1000 timeslots, at most 1000 are allowed.',
    });
    expect(await list()).toHaveLength(1000);
  });

  test.each<[unknown, Record<string, string>]>([
    [undefined, { '': 'required' }],
    ['[]', { '': 'wrong_type' }],
    [{}, { dayPreference: 'required', timePreference: 'required' }],
    [{ dayPreference: 7, timePreference: '09:00' }, { dayPreference: 'too_large' }],
    [
      { dayPreference: -1, timePreference: '24:00' },
      { dayPreference: 'too_small', timePreference: 'invalid_time' },
    ],
    [
      { dayPreference: 1.5, timePreference: '9:00' },
      { dayPreference: 'wrong_type', timePreference: 'invalid_time' },
    ],
    [
      { dayPreference: '1', timePreference: 900 },
      { dayPreference: 'wrong_type', timePreference: 'wrong_type' },
    ],
    [{ dayPreference: 1, timePreference: '09:60' }, { timePreference: 'invalid_time' }],
    [{ dayPreference: 1, timePreference: '09:00:00' }, { timePreference: 'invalid_time' }],
    [{ dayPreference: 1, timePreference: '0\u0000:00' }, { timePreference: 'bad_character' }],
    [
      { dayPreference: 1, timePreference: '09:00', timezone: 'Mars/Olympus' },
      { timezone: 'unknown_timezone' },
    ],
    [{ dayPreference: 1, timePreference: '09:00', timezone: '+02:00' }, { timezone: 'unknown_timezone' }],
    [{ dayPreference: 1, timePreference: '09:00', timezone: '' }, { timezone: 'unknown_timezone' }],
    [
      { dayPreference: 1, timePreference: '09:00', timezone: '2027-03-01T00:00[Europe/Berlin]' },
      { timezone: 'unknown_timezone' },
    ],
    [
      { dayPreference: 1, timePreferences: '09:00' },
      { timePreference: 'required', timePreferences: 'unknown_field' },
    ],
    [{ dayPreference: 1, timePreference: '09:00', type: 'optimal' }, { type: 'unknown_field' }],
  ])('%j is refused, each field by name', async (body, fields) => {
    const answer = await create(body);
    expect(answer.status).toBe(400);
    expect(fieldCodes(answer.body.error.details)).toEqual(fields);
    expect(await list()).toEqual([]);
  });

  test('a misspelled field is recognized', async () => {
    const answer = await create({ dayPreference: 1, timePreference: '09:00', timeZone: 'UTC' });
    expect(answer.body.error.details).toEqual([
      {
        path: 'timeZone',
        code: 'unknown_field',
        message: 'There is no field "timeZone". Did you mean "timezone"?',
      },
    ]);
  });
});

describe('update', () => {
  const first = { dayPreference: 1, timePreference: '09:00', timezone: 'UTC' };
  const patch = (id: string, body: unknown) => app.call('PATCH', `${slots()}/${id}`, body);

  test('an update changes the fields in the body, and no others', async () => {
    const slot = (await create(first)).body.data.timeslot;
    const later = await patch(slot.id, { timePreference: '10:15' });
    expect(later.status).toBe(200);
    expect(later.body.data.timeslot).toEqual({
      ...slot,
      timePreference: '10:15',
      sendAt: unix('2027-03-01T10:15'),
    });
    const moved = await patch(slot.id, { dayPreference: 0, timezone: 'Europe/London' });
    expect(moved.body.data.timeslot).toMatchObject({
      dayPreference: 0,
      timePreference: '10:15',
      timezone: 'Europe/London',
      sendAt: unix('2027-03-07T10:15'),
    });
    expect(await list()).toEqual([moved.body.data.timeslot]);
  });

  test('an update to the time of another timeslot is refused; to its own time it changes nothing', async () => {
    const slot = (await create(first)).body.data.timeslot;
    const other = (await create({ ...first, timePreference: '10:00' })).body.data.timeslot;
    const refused = await patch(other.id, { timePreference: '09:00' });
    expect([refused.status, refused.body.error.details[0].message]).toEqual([
      409,
      `The timeslot at this time is ${slot.id}.`,
    ]);
    expect((await patch(slot.id, first)).body.data.timeslot).toEqual(slot);
    expect(await list()).toEqual([slot, other]);
  });

  test.each<[unknown, Record<string, string>]>([
    [{}, { '': 'required' }],
    [{ dayPreference: null }, { dayPreference: 'wrong_type' }],
    [
      { timePreference: '25:00', timezone: 'x' },
      { timePreference: 'invalid_time', timezone: 'unknown_timezone' },
    ],
    [{ dayPreferense: 1 }, { '': 'required', dayPreferense: 'unknown_field' }],
  ])('%j is refused', async (body, fields) => {
    const slot = (await create(first)).body.data.timeslot;
    const answer = await patch(slot.id, body);
    expect([answer.status, fieldCodes(answer.body.error.details)]).toEqual([400, fields]);
    expect(await list()).toEqual([slot]);
  });
});

test('a deleted timeslot is not found, and deleting it again is 404', async () => {
  const { id } = (await create({ dayPreference: 1, timePreference: '09:00' })).body.data.timeslot;
  const kept = (await create({ dayPreference: 1, timePreference: '10:00' })).body.data.timeslot;
  const deleted = await app.call('DELETE', `${slots()}/${id}`);
  expect([deleted.status, deleted.body.data]).toEqual([200, { deleted: true, id }]);
  expect(await list()).toEqual([kept]);
  const again = await app.call('DELETE', `${slots()}/${id}`);
  expect([again.status, again.body.error.message]).toEqual([404, 'Timeslot not found']);
});

test('changes of timeslots never move scheduled posts', async () => {
  const { id } = (await create({ dayPreference: 1, timePreference: '09:00', timezone: 'UTC' })).body.data
    .timeslot;
  const post = await app.createPost(account, { sendAt: '2027-03-01T09:00:00Z' });
  await app.call('PATCH', `${slots()}/${id}`, { timePreference: '12:00' });
  await app.call('POST', `${slots()}/rebuild`, { perDay: 2, days: [2], from: '10:00', to: '11:00' });
  for (const slot of await list()) await app.call('DELETE', `${slots()}/${slot.id}`);
  expect(await app.getPost(account, post.id)).toEqual(post);
});

test('accounts and timeslots of other organizations are not found; a key without the scope can only read', async () => {
  const { id } = (await create({ dayPreference: 1, timePreference: '09:00' })).body.data.timeslot;
  const before = await list();
  const stranger = (await app.makeKey({ organization: 'Strangers' })).key;
  const elsewhere = await app.connectAccount();
  const narrow = (await app.makeKey({ accountIds: [elsewhere.accountId] })).key;
  const week = { perDay: 1, days: [0], from: '09:00', to: '10:00' };
  const calls: [string, string, unknown][] = [
    ['GET', slots(), undefined],
    ['POST', slots(), { dayPreference: 2, timePreference: '09:00' }],
    ['POST', `${slots()}/rebuild`, week],
    ['PATCH', `${slots()}/${id}`, { dayPreference: 2 }],
    ['DELETE', `${slots()}/${id}`, undefined],
  ];
  for (const [method, target, body] of calls) {
    for (const key of [stranger, narrow]) {
      const answer = await app.call(method, target, body, key);
      expect([answer.status, answer.body.error.message]).toEqual([404, 'Account not found']);
    }
  }
  // Through an account of one's own, another's slot is as little there as one that never was.
  for (const target of [id, newId('slot'), 'slot_', 'x', '%00', "';--"]) {
    for (const [method, body] of [
      ['PATCH', { dayPreference: 2 }],
      ['DELETE', undefined],
    ] as const) {
      const answer = await app.call(method, `/v1/accounts/${elsewhere.accountId}/timeslots/${target}`, body);
      expect([answer.status, answer.body.error.message]).toEqual([404, 'Timeslot not found']);
    }
  }
  const reader = (await app.makeKey({ scopes: ['posts:read'] })).key;
  const statuses = [];
  for (const [method, target, body] of calls)
    statuses.push((await app.call(method, target, body, reader)).status);
  expect(statuses).toEqual([200, 403, 403, 403, 403]);
  expect(await list()).toEqual(before);
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

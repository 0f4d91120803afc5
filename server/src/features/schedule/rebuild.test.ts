// A regular week in the place of all timeslots, over HTTP.
import { expect, test } from 'vitest';
import { fieldCodes } from '../../../test/answer.ts';
import { errorLevel } from '../../../test/log.ts';
import { app } from '../../../test/use-app.ts';
import { path, unix, useSchedule } from './schedule.fixture.ts';

useSchedule();

const slots = () => `${path}/timeslots`;
const create = async (body: unknown) => (await app.call('POST', slots(), body)).body.data.timeslot;
const rebuild = (body: unknown) => app.call('POST', `${slots()}/rebuild`, body);
const list = async () => (await app.call('GET', slots())).body.data.timeslots;
const shown = async () =>
  (await list()).map((slot: Record<string, unknown>) => `${slot.dayPreference} ${slot.timePreference}`);

const week = { perDay: 3, days: [3, 1], from: '09:00', to: '21:00', timezone: 'UTC' };

test('a rebuild spreads the slots of each day evenly from the first time to the last', async () => {
  const answer = await rebuild(week);
  expect(answer.status).toBe(200);
  expect(answer.body.data).toMatchObject({ dryRun: false, kept: 0, added: 6, removed: 0 });
  expect(answer.body.data.timeslots).toEqual(await list());
  expect(await shown()).toEqual(['1 09:00', '1 15:00', '1 21:00', '3 09:00', '3 15:00', '3 21:00']);
  expect((await list())[0]).toMatchObject({ type: 'optimal', timezone: 'UTC' });
});

test('a single slot per day is in the middle of the range; 25 slots fit into 24 minutes', async () => {
  await rebuild({ ...week, perDay: 1, days: [0] });
  expect(await shown()).toEqual(['0 15:00']);
  const answer = await rebuild({ perDay: 25, days: [6, 0, 1, 2, 3, 4, 5], from: '10:00', to: '10:24' });
  expect(answer.body.data.timeslots).toHaveLength(175);
  expect((await shown()).slice(0, 25)).toEqual(
    Array.from({ length: 25 }, (_, index) => `0 10:${String(index).padStart(2, '0')}`),
  );
});

test('a rebuild retains existing slots at the same times with their ids, and deletes the others', async () => {
  const kept = await create({ dayPreference: 1, timePreference: '15:00', timezone: 'UTC' });
  await create({ dayPreference: 1, timePreference: '15:00', timezone: 'Asia/Tokyo' });
  await create({ dayPreference: 5, timePreference: '07:00' });
  const { data } = (await rebuild(week)).body;
  expect(data).toMatchObject({ kept: 1, added: 5, removed: 2 });
  expect(await list()).toContainEqual(kept);
  expect(await list()).toHaveLength(6);
  const before = await list();
  expect((await rebuild(week)).body.data).toMatchObject({
    kept: 6,
    added: 0,
    removed: 0,
    timeslots: before,
  });
});

test('a dry run returns the result, and changes nothing', async () => {
  const kept = await create({ dayPreference: 1, timePreference: '15:00', timezone: 'UTC' });
  const gone = await create({ dayPreference: 5, timePreference: '07:00' });
  const { data } = (await rebuild({ ...week, dryRun: true })).body;
  expect(data).toMatchObject({ dryRun: true, kept: 1, added: 5, removed: 1 });
  expect(data.timeslots.map((slot: { id: string | null }) => slot.id)).toEqual([
    null,
    kept.id,
    null,
    null,
    null,
    null,
  ]);
  expect(data.timeslots[0]).toMatchObject({ timePreference: '09:00', sendAt: unix('2027-03-01T09:00') });
  expect(await list()).toEqual([kept, gone]);
});

test("a rebuild without a time zone uses the account's", async () => {
  await app.call('PATCH', path, { timezone: 'Australia/Lord_Howe' });
  await rebuild({ ...week, timezone: undefined });
  expect(new Set((await list()).map((slot: { timezone: string }) => slot.timezone))).toEqual(
    new Set(['Australia/Lord_Howe']),
  );
});

test.each<[unknown, Record<string, string>]>([
  [{}, { perDay: 'required', days: 'required', from: 'required', to: 'required' }],
  [{ ...week, perDay: 0 }, { perDay: 'too_small' }],
  [{ ...week, perDay: 26 }, { perDay: 'too_large' }],
  [
    { ...week, perDay: '3', days: 'all' },
    { perDay: 'wrong_type', days: 'wrong_type' },
  ],
  [{ ...week, days: [] }, { days: 'too_small' }],
  [{ ...week, days: [1, 7] }, { 'days.1': 'too_large' }],
  [{ ...week, days: [1, 1] }, { days: 'repeated' }],
  [{ ...week, days: [0, 1, 2, 3, 4, 5, 6, 0] }, { days: 'too_large' }],
  [{ ...week, from: '21:00', to: '09:00' }, { to: 'before_from' }],
  [{ ...week, from: '09:00', to: '09:01' }, { to: 'window_too_short' }],
  [{ ...week, to: '24:00' }, { to: 'invalid_time' }],
  [{ ...week, timezone: 'Nowhere' }, { timezone: 'unknown_timezone' }],
  [{ ...week, dryrun: true }, { dryrun: 'unknown_field' }],
  [{ ...week, dryRun: 'yes' }, { dryRun: 'wrong_type' }],
])('%j is refused, and changes nothing', async (body, fields) => {
  const slot = await create({ dayPreference: 1, timePreference: '09:00' });
  const answer = await rebuild(body);
  expect([answer.status, fieldCodes(answer.body.error.details)]).toEqual([400, fields]);
  expect(await list()).toEqual([slot]);
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

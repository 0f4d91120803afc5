// The dated schedule over HTTP.
import { describe, expect, test } from 'vitest';
import { errorLevel } from '../../../test/log.ts';
import { app } from '../../../test/use-app.ts';
import { accountRow, addSlot, at, now, path, placePost, unix, useSchedule } from './schedule.fixture.ts';

useSchedule();

const get = (query = '', key?: string) => app.call('GET', `${path}/schedule${query}`, undefined, key);
const window = (from: string, to: string) => get(`?${new URLSearchParams({ from, to })}`);

test('a schedule without slots and posts is empty, from now for fourteen days', async () => {
  const answer = await get();
  expect(answer.status).toBe(200);
  expect(answer.body.data).toEqual({
    schedule: [],
    window: { from: unix('2027-03-01T08:00'), to: unix('2027-03-15T08:00') },
  });
});

test('a schedule has open slots and posts in every state, earliest first', async () => {
  const early = await addSlot(1, '07:00');
  const monday = await addSlot(1, '09:00');
  const tuesday = await addSlot(2, '09:00');
  await placePost({ state: 'draft', at: at('2027-03-01T09:00') });
  await placePost({ state: 'queued', at: at('2027-03-09T09:00'), isDeleted: true });
  const sent = await placePost({
    state: 'sent',
    at: at('2027-03-01T07:00:09'),
    sendAt: at('2027-03-01T07:00'),
  });
  const failed = await placePost({ state: 'failed', at: at('2027-03-01T07:30') });
  const publishing = await placePost({ state: 'publishing', at: at('2027-03-01T07:59') });
  const unknown = await placePost({ state: 'unknown', at: at('2027-03-01T07:59:30') });
  const queued = await placePost({ state: 'queued', at: at('2027-03-02T09:00') });
  const twin = await placePost({ state: 'queued', at: at('2027-03-02T09:00') });
  const between = await placePost({ state: 'queued', at: at('2027-03-03T12:34:56') });
  const { body } = await window('2027-03-01T07:00:00Z', '2027-03-09T09:00:01Z');
  const entry = (moment: string, status: string, timeslotId: string | null, postId: string | null) => ({
    at: unix(moment),
    status,
    timeslotId,
    postId,
  });
  expect(body.data.schedule).toEqual([
    entry('2027-03-01T07:00:09', 'published', early, sent),
    entry('2027-03-01T07:30', 'failed', null, failed),
    entry('2027-03-01T07:59', 'publishing', null, publishing),
    entry('2027-03-01T07:59:30', 'publishing', null, unknown),
    entry('2027-03-01T09:00', 'open', monday, null),
    ...[queued, twin].sort().map((id) => entry('2027-03-02T09:00', 'scheduled', tuesday, id)),
    entry('2027-03-03T12:34:56', 'scheduled', null, between),
    entry('2027-03-08T07:00', 'open', early, null),
    entry('2027-03-08T09:00', 'open', monday, null),
    entry('2027-03-09T09:00', 'open', tuesday, null),
  ]);
});

test('useNextOpenSlot takes the first open entry of the schedule', async () => {
  const slot = await addSlot(0, '02:15', 'Australia/Lord_Howe');
  const first = (await get()).body.data.schedule[0];
  const moment = await app.database.transaction(async (tx) => {
    const claimed = await app.app.schedule.claimNextOpenSlot(tx, accountRow, { url: null, now });
    await placePost({ state: 'queued', at: claimed }, tx);
    return claimed;
  });
  expect(first).toEqual({ at: moment.getTime() / 1000, status: 'open', timeslotId: slot, postId: null });
  expect((await get()).body.data.schedule[0]).toMatchObject({
    at: moment.getTime() / 1000,
    status: 'scheduled',
    timeslotId: slot,
  });
});

test('a post that was sent days late still has its slot; a post whose slot was deleted has none', async () => {
  const slot = await addSlot(1, '09:00');
  const late = await placePost({
    state: 'sent',
    at: at('2027-02-28T10:00'),
    sendAt: at('2027-02-15T09:00'),
  });
  const query = ['2027-02-20T00:00:00Z', '2027-03-01T00:00:00Z'] as const;
  expect((await window(...query)).body.data.schedule).toEqual([
    { at: unix('2027-02-28T10:00'), status: 'published', timeslotId: slot, postId: late },
  ]);
  await app.call('DELETE', `${path}/timeslots/${slot}`);
  expect((await window(...query)).body.data.schedule[0].timeslotId).toBeNull();
});

test('a window includes its start and excludes its end, so that consecutive windows do not overlap', async () => {
  for (const day of [0, 1, 2, 3, 4, 5, 6]) await addSlot(day, '09:00', 'America/New_York');
  await placePost({ state: 'queued', at: at('2027-03-10T14:00') });
  const halves = await Promise.all([
    window('2027-03-05T14:00:00Z', '2027-03-10T14:00:00Z'),
    window('2027-03-10T14:00:00Z', '2027-03-20T13:00:00Z'),
  ]);
  const whole = await window('2027-03-05T09:00:00-05:00', '2027-03-20T13:00:00Z');
  expect(halves.flatMap((half) => half.body.data.schedule)).toEqual(whole.body.data.schedule);
  expect(whole.body.data.schedule).toHaveLength(15);
  // Over the night in which New York's clocks go forward.
  expect(whole.body.data.schedule.at(-1).at).toBe(unix('2027-03-19T13:00'));
});

test('a window has at most sixty days, and fourteen without an end', async () => {
  expect((await window('2027-03-01T00:00:00Z', '2027-04-30T00:00:00Z')).status).toBe(200);
  const { body } = await get('?from=2027-05-01T00:00:00Z');
  expect(body.data.window).toEqual({ from: unix('2027-05-01T00:00'), to: unix('2027-05-15T00:00') });
});

describe('refused', () => {
  test.each([
    ['?from=2027-03-01T00:00:00Z&to=2027-04-30T00:00:01Z', 'to', 'window_too_long'],
    ['?to=2027-03-01T08:00:00Z', 'to', 'before_from'],
    ['?from=2027-03-02T00:00:00Z&to=2027-03-01T00:00:00Z', 'to', 'before_from'],
    ['?from=2027-03-02T00:00:00', 'from', 'offset_missing'],
    ['?from=tomorrow', 'from', 'invalid_time'],
    ['?from=1772352000', 'from', 'invalid_time'],
    ['?form=2027-03-02T00:00:00Z', 'form', 'unknown_field'],
  ])('%s', async (query, field, code) => {
    const answer = await get(query);
    expect(answer.status).toBe(400);
    expect(answer.body.error.details).toEqual([expect.objectContaining({ path: field, code })]);
    for (const { message } of answer.body.error.details) expect(message).toMatch(/^[A-Z].*[.?]$/);
  });

  test('the schedule is refused to keys that do not see the account or lack the scope', async () => {
    const stranger = (await app.makeKey({ organization: 'Strangers' })).key;
    const answer = await get('', stranger);
    expect([answer.status, answer.body.error.message]).toEqual([404, 'Account not found']);
    expect((await get('', (await app.makeKey({ scopes: ['schedule:write'] })).key)).status).toBe(403);
  });
});

test('years in the far past and future are accepted', async () => {
  await addSlot(1, '09:00', 'Pacific/Apia');
  for (const [from, to, open] of [
    ['0001-01-01T00:00:00Z', '0001-02-01T00:00:00Z', 0],
    ['9999-11-15T00:00:00Z', '9999-12-31T23:59:59Z', 6],
  ] as const) {
    const answer = await window(from, to);
    expect(answer.status).toBe(200);
    expect(answer.body.data.schedule.length).toBeGreaterThanOrEqual(open);
    expect(answer.body.data.window.to).toBe(new Date(to).getTime() / 1000);
  }
  expect((await get('?from=9999-12-31T23:59:59Z')).body.data.schedule).toHaveLength(2);
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

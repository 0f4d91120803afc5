// The next open slot, claimed on a real database.
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { app } from '../../../test/use-app.ts';
import { addMs } from '../../platform/clock.ts';
import { openDatabase } from '../../platform/db/index.ts';
import { Refusal } from '../../platform/errors.ts';
import { createLog } from '../../platform/log.ts';
import { getAccountForWork } from '../accounts/index.ts';
import { dayMs } from './calendar/wall-clock.ts';
import {
  accountRow,
  addSlot,
  at,
  now,
  type PlacePost,
  path,
  placePost,
  useSchedule,
} from './schedule.fixture.ts';
import type { ClaimInput } from './slots-for-posts.ts';

useSchedule();

const tart = 'https://example.com/tart';

const claim = (input: Partial<ClaimInput> = {}) =>
  app.database.transaction((tx) =>
    app.app.schedule.claimNextOpenSlot(tx, accountRow, { url: null, now, ...input }),
  );

async function refusalOf(work: Promise<unknown>): Promise<[string, string | undefined]> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Refusal)) throw new Error(`no refusal but ${String(error)}`);
  return [error.declaration.code, error.details[0]?.code];
}

describe('the posts that hold a slot', () => {
  beforeEach(() => addSlot(1, '09:00'));
  const monday = at('2027-03-01T09:00');
  const nextMonday = at('2027-03-08T09:00');

  test.each<[PlacePost['state'], PlacePost['heldFor'], boolean]>([
    ['queued', undefined, true],
    ['publishing', undefined, true],
    ['unknown', undefined, true],
    ['held', 'missed', true],
    ['held', 'lost_answer', true],
    ['draft', undefined, false],
    ['sent', undefined, false],
    ['failed', undefined, false],
  ])('a post that is %s (%s): %s', async (state, heldFor, holds) => {
    await placePost({ state, ...(heldFor && { heldFor }), at: monday });
    expect(await claim()).toEqual(holds ? nextMonday : monday);
  });

  test('a deleted post holds no slot', async () => {
    await placePost({ state: 'queued', at: monday, isDeleted: true });
    expect(await claim()).toEqual(monday);
  });

  test('a post a minute away does not hold the slot', async () => {
    await placePost({ state: 'queued', at: addMs(monday, 60_000) });
    expect(await claim()).toEqual(monday);
  });

  test('a post does not conflict with itself', async () => {
    const exceptPostId = await placePost({ state: 'queued', at: monday });
    expect(await claim({ exceptPostId })).toEqual(monday);
  });

  test('slots of two time zones at the same moment are one slot', async () => {
    await addSlot(1, '10:00', 'Europe/Berlin');
    await placePost({ state: 'queued', at: monday });
    expect(await claim()).toEqual(nextMonday);
  });

  test('a post of another account does not hold the slot', async () => {
    const other = await app.connectAccount();
    const row = await getAccountForWork(app.database.db, other.accountId);
    await placePost({ account: row, state: 'queued', at: monday });
    expect(await claim()).toEqual(monday);
  });
});

test('a slot at the present moment has passed; a slot at notBefore has not', async () => {
  await addSlot(1, '08:00');
  expect(await claim()).toEqual(at('2027-03-08T08:00'));
  expect(await claim({ notBefore: at('2027-03-15T08:00') })).toEqual(at('2027-03-15T08:00'));
  expect(await claim({ notBefore: at('2020-01-01T00:00') })).toEqual(at('2027-03-08T08:00'));
});

describe('spacing', () => {
  beforeEach(async () => {
    for (const day of [0, 1, 2, 3, 4, 5, 6]) await addSlot(day, '09:00');
  });
  const put = (body: unknown) => app.call('PUT', `${path}/spacing-rules`, body);

  test('the default rule applies to queued and sent posts with the same destination', async () => {
    await put({ minDays: 3 });
    await placePost({ state: 'sent', at: at('2027-02-28T09:30'), url: `${tart}/?utm_source=pin` });
    await placePost({ state: 'queued', at: at('2027-03-07T12:00'), url: 'http://www.example.com/tart#x' });
    // 3 March 09:30 is the first moment by the one, 4 March 12:00 the last by the other.
    expect(await claim({ url: tart })).toEqual(at('2027-03-04T09:00'));
    expect(await claim({ url: 'https://example.com/pie' })).toEqual(at('2027-03-01T09:00'));
    expect(await claim()).toEqual(at('2027-03-01T09:00'));
  });

  test('the rule of a URL replaces the default, in both directions', async () => {
    await put({ minDays: 30 });
    await put({ url: `${tart}/`, minDays: 1 });
    await placePost({ state: 'queued', at: at('2027-03-01T09:00'), url: tart });
    await placePost({ state: 'queued', at: at('2027-03-01T10:00'), url: 'https://example.com/pie' });
    expect(await claim({ url: tart })).toEqual(at('2027-03-02T09:00'));
    expect(await claim({ url: 'https://example.com/pie' })).toEqual(at('2027-04-01T09:00'));
    expect((await app.call('DELETE', `${path}/spacing-rules`)).status).toBe(200);
    expect(await claim({ url: 'https://example.com/pie' })).toEqual(at('2027-03-02T09:00'));
  });

  test('drafts, failed and deleted posts and the post itself do not conflict', async () => {
    await put({ minDays: 100 });
    const url = tart;
    await placePost({ state: 'draft', at: now, url });
    await placePost({ state: 'failed', at: at('2027-03-01T07:00'), url });
    await placePost({ state: 'queued', at: at('2027-03-03T09:00'), url, isDeleted: true });
    const exceptPostId = await placePost({ state: 'queued', at: at('2027-03-01T09:00'), url });
    expect(await claim({ url, exceptPostId })).toEqual(at('2027-03-01T09:00'));
  });

  test('the nearest post is the conflict; a distance of exactly the rule is allowed', async () => {
    const find = async (moment: string, exceptPostId?: string, url = tart) =>
      (
        await app.app.schedule.lookAtSpacing(app.database.db, accountRow, {
          url,
          at: at(moment),
          ...(exceptPostId !== undefined && { exceptPostId }),
        })
      ).conflict;
    const far = await placePost({ state: 'sent', at: at('2027-03-02T09:00'), url: tart });
    const near = await placePost({ state: 'queued', at: at('2027-03-05T09:00'), url: tart });
    expect(await find('2027-03-05T09:00')).toBeNull();
    await put({ minDays: 3 });
    expect(await find('2027-03-04T09:00')).toEqual({ postId: near, at: at('2027-03-05T09:00'), minDays: 3 });
    expect(await find('2027-03-04T09:00', near)).toEqual({
      postId: far,
      at: at('2027-03-02T09:00'),
      minDays: 3,
    });
    expect(await find('2027-03-08T09:00')).toBeNull();
    expect(await find('2027-03-08T08:59')).toMatchObject({ postId: near });
    expect(await find('2027-03-05T09:00', undefined, 'https://example.com/another')).toBeNull();
  });
});

test('no period of 24 hours has more posts than the daily limit, sent posts included', async () => {
  for (const time of ['09:00', '12:00', '15:00']) await addSlot(1, time);
  for (const time of ['10:00', '12:30']) await addSlot(2, time);
  await placePost({ state: 'sent', at: at('2027-02-28T12:30') });
  await placePost({ state: 'queued', at: at('2027-03-01T09:00') });
  // The account as it was read has no limit yet.
  await app.call('PATCH', path, { dailyPinLimit: 2 });
  const first = await claim();
  expect(first).toEqual(at('2027-03-01T15:00'));
  await placePost({ state: 'queued', at: first });
  expect(await claim()).toEqual(at('2027-03-02T10:00'));
});

describe('refusals', () => {
  test('a claim without timeslots is refused with no_timeslots', async () => {
    expect(await refusalOf(claim())).toEqual(['CONFLICT', 'no_timeslots']);
  });

  test('a claim without an open slot within 365 days is refused with no_open_slot', async () => {
    await addSlot(1, '08:00');
    for (let week = 1; week <= 52; week += 1) {
      await placePost({ state: 'queued', at: addMs(now, week * 7 * dayMs) });
    }
    expect(await refusalOf(claim())).toEqual(['CONFLICT', 'no_open_slot']);
    // Further ahead there is one, and a later beginning looks so far.
    expect(await claim({ notBefore: addMs(now, dayMs * 7) })).toEqual(addMs(now, 53 * 7 * dayMs));
  });

  test('a spacing rule that leaves no slot is refused with no_open_slot', async () => {
    await addSlot(1, '09:00');
    await app.call('PUT', `${path}/spacing-rules`, { minDays: 365 });
    await placePost({ state: 'queued', at: at('2027-03-02T00:00'), url: tart });
    expect(await refusalOf(claim({ url: tart }))).toEqual(['CONFLICT', 'no_open_slot']);
  });

  test('an account that was disconnected meanwhile is not found', async () => {
    await addSlot(1, '09:00');
    await app.database.db.deleteFrom('accounts').where('id', '=', accountRow.id).execute();
    expect((await refusalOf(claim()))[0]).toBe('NOT_FOUND');
  });
});

test('the next occurrence counts every slot, held or not', async () => {
  const next = (after: string) => app.app.schedule.nextOccurrence(app.database.db, accountRow, at(after));
  expect(await next('2027-03-01T08:00')).toBeNull();
  await addSlot(1, '09:00');
  await addSlot(3, '09:00', 'America/New_York');
  await placePost({ state: 'queued', at: at('2027-03-01T09:00') });
  expect(await next('2027-03-01T08:00')).toEqual(at('2027-03-01T09:00'));
  expect(await next('2027-03-01T09:00')).toEqual(at('2027-03-03T14:00'));
  expect(await next('2027-03-15T09:00')).toEqual(at('2027-03-17T13:00'));
});

test('200 concurrent claims of one account get different slots, and skip none', async () => {
  for (const day of [1, 2, 3, 4, 5]) {
    for (const time of ['09:00', '15:00']) await addSlot(day, time, 'Europe/London');
  }
  const log = createLog({ level: 'silent', format: 'json' });
  const second = openDatabase({ url: app.databaseUrl, log, poolSize: 20 });
  try {
    const claims = Array.from({ length: 200 }, (_, index) =>
      (index % 2 === 0 ? app.database : second).transaction(async (tx) => {
        const moment = await app.app.schedule.claimNextOpenSlot(tx, accountRow, { url: null, now });
        await placePost({ state: 'queued', at: moment }, tx);
        return moment.getTime();
      }),
    );
    const moments = (await Promise.all(claims)).sort((a, b) => a - b);
    expect(new Set(moments).size).toBe(200);
    // Ten a week without a hole, over the night in which the clocks go forward.
    expect(moments[0]).toBe(at('2027-03-01T09:00').getTime());
    expect(moments[199]).toBe(at('2027-07-16T14:00').getTime());
  } finally {
    await second.close();
  }
}, 60_000);

test('a slot is open again after the transaction that claimed it was rolled back', async () => {
  await addSlot(1, '09:00');
  const failing = app.database.transaction(async (tx) => {
    const moment = await app.app.schedule.claimNextOpenSlot(tx, accountRow, { url: null, now });
    await placePost({ state: 'queued', at: moment }, tx);
    throw new Error('the media was lost');
  });
  await expect(failing).rejects.toThrow('the media was lost');
  expect(await claim()).toEqual(at('2027-03-01T09:00'));
});

test('for random posts, rules and limits the claim is the earliest allowed slot', async () => {
  const week = [
    [1, '09:00', 'UTC'],
    [1, '10:00', 'Europe/London'],
    [3, '01:30', 'America/New_York'],
    [6, '23:45', 'Australia/Sydney'],
    [0, '02:15', 'Australia/Lord_Howe'],
  ] as const;
  for (const [day, time, zone] of week) await addSlot(day, time, zone);
  const empty = app.database.transaction(async (tx) => {
    const moments: Date[] = [];
    for (let count = 0; count < 40; count += 1) {
      const moment = await app.app.schedule.claimNextOpenSlot(tx, accountRow, { url: null, now });
      await placePost({ state: 'queued', at: moment }, tx);
      moments.push(moment);
    }
    throw Object.assign(new Error('only looked'), { moments });
  });
  const occurrences: Date[] = await empty.catch((error: { moments: Date[] }) => error.moments);
  const situations = [
    ...(['queued', 'publishing', 'unknown', 'sent', 'failed', 'draft'] as const).map((state) => ({ state })),
    ...(['missed', 'lost_answer'] as const).map((heldFor) => ({ state: 'held' as const, heldFor })),
  ];
  const post = fc.record({
    index: fc.nat(9),
    shiftMs: fc.constantFrom(0, 0, 0, 1000, -1000, dayMs, -dayMs, 2 * dayMs),
    situation: fc.constantFrom(...situations),
    isSame: fc.boolean(),
    isDeleted: fc.boolean(),
  });
  const given = fc.record({
    posts: fc.array(post, { maxLength: 12 }),
    minDays: fc.option(fc.integer({ min: 1, max: 12 })),
    dailyPinLimit: fc.option(fc.integer({ min: 1, max: 3 })),
  });
  await fc.assert(
    fc.asyncProperty(given, async ({ posts, minDays, dailyPinLimit }) => {
      const { db } = app.database;
      await db.deleteFrom('posts').where('account_id', '=', accountRow.id).execute();
      await db.deleteFrom('spacing_rules').where('account_id', '=', accountRow.id).execute();
      await db
        .updateTable('accounts')
        .set({ daily_pin_limit: dailyPinLimit })
        .where('id', '=', accountRow.id)
        .execute();
      if (minDays !== null) await app.call('PUT', `${path}/spacing-rules`, { minDays });
      const counting: { at: number; holds: boolean; isSame: boolean }[] = [];
      for (const { index, shiftMs, situation, isSame, isDeleted } of posts) {
        const { state } = situation;
        const moment = addMs(occurrences[index] ?? now, shiftMs);
        // Only a post at rest can be deleted.
        const isGone = isDeleted && ['queued', 'failed', 'draft'].includes(state);
        await placePost({
          ...situation,
          at: moment,
          isDeleted: isGone,
          url: isSame ? tart : 'https://example.com/pie',
        });
        if (isGone || state === 'failed' || state === 'draft') continue;
        counting.push({ at: moment.getTime(), holds: state !== 'sent', isSame });
      }
      const expected = occurrences.find((occurrence) => {
        const moment = occurrence.getTime();
        const isHeld = counting.some((other) => other.holds && other.at === moment);
        const isNear = counting.some(
          (other) => other.isSame && Math.abs(other.at - moment) < (minDays ?? 0) * dayMs,
        );
        const all = [...counting.map((other) => other.at), moment];
        const isFull = all.some((start) => {
          const inWindow = all.filter((other) => other >= start && other < start + dayMs);
          return start <= moment && moment < start + dayMs && inWindow.length > (dailyPinLimit ?? 1000);
        });
        return !isHeld && !isNear && !isFull;
      });
      expect(await claim({ url: tart })).toEqual(expected);
    }),
    { numRuns: 60 },
  );
}, 120_000);

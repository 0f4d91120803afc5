// The search against a naive one that tries every moment by every rule's own words.
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { expect, test } from 'vitest';
import { findOpenSlot } from './next-open-slot.ts';
import { createSlotCalendar, type Slot } from './occurrences.ts';
import { dayMs, minuteMs } from './wall-clock.ts';

const hourMs = 60 * minuteMs;
const spanMs = 24 * dayMs;

interface Post {
  at: number;
  /** Queued or in flight; or else sent. */
  holds: boolean;
}

const placedAmong = (posts: readonly Post[]) => async (first: number, last: number) => {
  const within = posts.filter(({ at }) => at >= first && at <= last);
  return {
    held: within.flatMap(({ at, holds }) => (holds ? at : [])),
    sent: within.flatMap(({ at, holds }) => (holds ? [] : at)),
  };
};

interface Situation {
  slots: Slot[];
  from: number;
  posts: (Post & { isSame: boolean })[];
  dailyLimit: number | null;
  minDays: number | null;
}

/** Every moment of every slot, date by date, from three days before to three days after. */
function naiveOccurrences({ slots, from }: Pick<Situation, 'slots' | 'from'>): number[] {
  const first = Temporal.Instant.fromEpochMilliseconds(from - 3 * dayMs)
    .toZonedDateTimeISO('UTC')
    .toPlainDate();
  const moments = new Set<number>();
  for (let days = 0; days * dayMs <= spanMs + 6 * dayMs; days += 1) {
    const date = first.add({ days });
    for (const slot of slots) {
      if (date.dayOfWeek % 7 !== slot.day_preference) continue;
      const time = Temporal.PlainTime.from('00:00').add({ minutes: slot.minute_of_day });
      const at = date.toZonedDateTime({ timeZone: slot.timezone, plainTime: time }).epochMilliseconds;
      if (at >= from && at <= from + spanMs) moments.add(at);
    }
  }
  return [...moments].sort((a, b) => a - b);
}

function isAllowed(at: number, { posts, dailyLimit, minDays }: Situation): boolean {
  if (posts.some((post) => post.holds && post.at === at)) return false;
  if (
    minDays !== null &&
    posts.some((post) => post.isSame && Math.abs(post.at - at) < minDays * 24 * hourMs)
  ) {
    return false;
  }
  if (dailyLimit === null) return true;
  const all = [...posts.map((post) => post.at), at];
  // A window that holds too many still does when it is moved to begin with the first of them.
  return all.every((start) => {
    const inWindow = all.filter((other) => other >= start && other < start + 24 * hourMs);
    return !(start <= at && at < start + 24 * hourMs) || inWindow.length <= dailyLimit;
  });
}

const naive = (situation: Situation): number | null =>
  naiveOccurrences(situation).find((at) => isAllowed(at, situation)) ?? null;

function search({ slots, from, posts, dailyLimit, minDays }: Situation): Promise<number | null> {
  return findOpenSlot({
    calendar: createSlotCalendar(slots),
    from,
    until: from + spanMs,
    dailyLimit,
    spacing:
      minDays === null
        ? null
        : { distanceMs: minDays * dayMs, times: posts.flatMap((post) => (post.isSame ? post.at : [])) },
    readPlaced: placedAmong(posts),
  });
}

/** Where clocks are moved, and a day when nothing happens. */
const edges = [
  '2027-03-14T07:00Z', // New York
  '2027-11-07T06:00Z',
  '2027-03-28T01:00Z', // London
  '2027-10-31T01:00Z',
  '2027-10-02T15:30Z', // Sydney and Lord Howe
  '2027-04-03T15:30Z',
  '2018-11-04T03:00Z', // São Paulo
  '2019-02-17T02:00Z',
  '2011-12-30T10:00Z', // Apia
  '2027-06-15T12:00Z',
].map((text) => Date.parse(text));

const zone = fc.constantFrom(
  'America/New_York',
  'Europe/London',
  'Australia/Sydney',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'UTC',
);
const slot = fc.record({
  day_preference: fc.integer({ min: 0, max: 6 }),
  // Mostly in the night, when clocks are moved.
  minute_of_day: fc.oneof(
    fc.integer({ min: 0, max: 240 }),
    fc.integer({ min: 0, max: 1439 }),
    fc.constantFrom(0, 90, 120, 150, 180, 1410),
  ),
  timezone: zone,
});

const situation: fc.Arbitrary<Situation> = fc
  .record({
    slots: fc.array(slot, { minLength: 1, maxLength: 12 }),
    edge: fc.constantFrom(...edges),
    offset: fc.integer({ min: -3 * 24 * 60, max: 24 * 60 }),
    posts: fc.array(
      fc.record({
        /** An occurrence, and the distance to it: mostly 0, or where limits just end. */
        index: fc.nat(60),
        shift: fc.oneof(
          { weight: 6, arbitrary: fc.constant(0) },
          {
            weight: 2,
            arbitrary: fc.constantFrom(1, -1, dayMs, -dayMs, dayMs - 1, 1 - dayMs, 3 * dayMs, -3 * dayMs),
          },
          { weight: 2, arbitrary: fc.integer({ min: -3 * dayMs, max: 3 * dayMs }) },
        ),
        holds: fc.boolean(),
        isSame: fc.boolean(),
      }),
      { maxLength: 40 },
    ),
    dailyLimit: fc.option(fc.integer({ min: 1, max: 6 })),
    minDays: fc.option(fc.integer({ min: 1, max: 9 })),
  })
  .map(({ slots, edge, offset, posts, ...rest }) => {
    const from = edge + offset * minuteMs;
    const named = slots.map((entry, index) => ({ ...entry, id: `slot_${index}` }));
    const occurrences = naiveOccurrences({ slots: named, from });
    return {
      ...rest,
      slots: named,
      from,
      posts: posts.map(({ index, shift, ...post }) => ({
        ...post,
        at: (occurrences[index % occurrences.length] ?? from) + shift,
      })),
    };
  });

test('for any slots, zones, posts, rules and limits the result is the earliest allowed moment', async () => {
  let found = 0;
  let refused = 0;
  let notTheFirst = 0;
  await fc.assert(
    fc.asyncProperty(situation, async (given) => {
      const expected = naive(given);
      expect(await search(given)).toBe(expected);
      if (expected === null) refused += 1;
      else found += 1;
      if (expected !== null && expected !== naiveOccurrences(given)[0]) notTheFirst += 1;
    }),
    { numRuns: 600 },
  );
  // Situations in which every answer is the same would show nothing.
  expect(Math.min(found, refused, notTheFirst)).toBeGreaterThan(20);
});

test('posts scheduled one after the other take the earliest slots, all different, within the daily limit', async () => {
  await fc.assert(
    fc.asyncProperty(situation, async (given) => {
      const posts = [...given.posts];
      const placed: number[] = [];
      for (let count = 0; count < 8; count += 1) {
        const at = await search({ ...given, posts });
        expect(at).toBe(naive({ ...given, posts }));
        if (at === null) break;
        placed.push(at);
        posts.push({ at, holds: true, isSame: true });
      }
      expect(new Set(placed).size).toBe(placed.length);
    }),
    { numRuns: 100 },
  );
});

test('a day ends after exactly 24 hours, and spacing after exactly its days', async () => {
  const from = Date.parse('2027-03-01T08:00Z');
  const slots = [0, 1, 2, 3, 4, 5, 6].map((day_preference) => ({
    id: `slot_${day_preference}`,
    day_preference,
    minute_of_day: 540,
    timezone: 'UTC',
  }));
  const first = from + hourMs;
  const given = { slots, from, dailyLimit: 2, minDays: null };
  const post = (at: number) => ({ at, holds: false, isSame: true });
  // Two posts exactly 24 hours apart: no 24 hours hold both, so one between them is the second.
  expect(await search({ ...given, posts: [post(first - 12 * hourMs), post(first + 12 * hourMs)] })).toBe(
    first,
  );
  expect(await search({ ...given, posts: [post(first - 12 * hourMs), post(first + 12 * hourMs - 1)] })).toBe(
    first + dayMs,
  );
  const spaced = { slots, from, dailyLimit: null, minDays: 3 };
  expect(await search({ ...spaced, posts: [post(first - 3 * dayMs)] })).toBe(first);
  expect(await search({ ...spaced, posts: [post(first - 3 * dayMs + 1)] })).toBe(first + dayMs);
  expect(await search({ ...spaced, posts: [post(first + 3 * dayMs)] })).toBe(first);
  expect(await search({ ...spaced, posts: [post(first + 3 * dayMs - 1)] })).toBe(first + 6 * dayMs);
});

test('a distant slot is found in few windows, a near one in a single short window', async () => {
  const slots = [{ id: 'a', day_preference: 1, minute_of_day: 540, timezone: 'UTC' }];
  const from = Date.parse('2027-03-01T08:00Z');
  const reads: number[] = [];
  const find = (posts: Post[]) =>
    findOpenSlot({
      calendar: createSlotCalendar(slots),
      from,
      until: from + 365 * dayMs,
      dailyLimit: null,
      spacing: null,
      readPlaced: async (first, last) => {
        reads.push(Math.round((last - first) / dayMs));
        return placedAmong(posts)(first, last);
      },
    });
  expect(await find([])).toBe(from + hourMs);
  expect(reads).toEqual([9]);
  const full = Array.from({ length: 53 }, (_, week) => ({
    at: from + hourMs + week * 7 * dayMs,
    holds: true,
  }));
  reads.length = 0;
  expect(await find(full.slice(0, 52))).toBe(from + hourMs + 52 * 7 * dayMs);
  expect(reads.length).toBeLessThanOrEqual(6);
  expect(await find(full)).toBeNull();
});

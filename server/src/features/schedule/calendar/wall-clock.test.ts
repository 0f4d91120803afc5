// Wall-clock times at the edges of summer time, and that the machine's own zone has no say.
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createNextOccurrence, createSlotCalendar } from './occurrences.ts';
import { createZoneDays, dayMs, minuteMs, weekdayOf } from './wall-clock.ts';

const dayOf = (date: string) => Date.parse(`${date}T00:00Z`) / dayMs;
const minuteOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

function moment(zone: string, date: string, time: string): string {
  return new Date(createZoneDays(zone).at(dayOf(date), minuteOf(time))).toISOString();
}

/** Zone, wall-clock time, the moment it is; and what it is a case of. */
const known: [zone: string, date: string, time: string, moment: string, why: string][] = [
  ['America/New_York', '2027-03-13', '02:30', '2027-03-13T07:30:00.000Z', 'the day before the gap'],
  ['America/New_York', '2027-03-14', '01:59', '2027-03-14T06:59:00.000Z', 'right before the gap'],
  ['America/New_York', '2027-03-14', '02:30', '2027-03-14T07:30:00.000Z', 'in the gap: 03:30'],
  ['America/New_York', '2027-03-14', '03:00', '2027-03-14T07:00:00.000Z', 'right after the gap'],
  ['America/New_York', '2027-11-07', '00:59', '2027-11-07T04:59:00.000Z', 'before the hour that comes twice'],
  ['America/New_York', '2027-11-07', '01:30', '2027-11-07T05:30:00.000Z', 'twice: the first'],
  ['America/New_York', '2027-11-07', '02:00', '2027-11-07T07:00:00.000Z', 'after both'],
  ['Europe/London', '2027-03-28', '01:30', '2027-03-28T01:30:00.000Z', 'in the gap: 02:30'],
  ['Europe/London', '2027-10-31', '01:30', '2027-10-31T00:30:00.000Z', 'twice: the first'],
  ['Europe/London', '2027-10-31', '12:00', '2027-10-31T12:00:00.000Z', 'later that day'],
  ['Australia/Sydney', '2027-10-03', '02:30', '2027-10-02T16:30:00.000Z', 'in the gap: 03:30'],
  ['Australia/Sydney', '2027-04-04', '02:30', '2027-04-03T15:30:00.000Z', 'twice: the first'],
  ['Australia/Lord_Howe', '2027-10-03', '02:15', '2027-10-02T15:45:00.000Z', 'in a gap of 30 minutes: 02:45'],
  ['Australia/Lord_Howe', '2027-10-03', '02:45', '2027-10-02T15:45:00.000Z', 'which 02:45 is as well'],
  ['Australia/Lord_Howe', '2027-04-04', '01:45', '2027-04-03T14:45:00.000Z', 'twice: the first'],
  ['America/Sao_Paulo', '2018-11-04', '00:30', '2018-11-04T03:30:00.000Z', 'a gap at midnight: 01:30'],
  ['America/Sao_Paulo', '2018-11-04', '12:00', '2018-11-04T14:00:00.000Z', 'the day that begins at 01:00'],
  ['America/Sao_Paulo', '2019-02-16', '23:30', '2019-02-17T01:30:00.000Z', 'the last hour comes twice'],
  ['America/Sao_Paulo', '2019-02-17', '00:00', '2019-02-17T03:00:00.000Z', 'after both'],
  ['America/Sao_Paulo', '2027-11-07', '00:30', '2027-11-07T03:30:00.000Z', 'no summer time since 2019'],
  ['Pacific/Apia', '2011-12-29', '09:00', '2011-12-29T19:00:00.000Z', 'before the missing day'],
  ['Pacific/Apia', '2011-12-30', '09:00', '2011-12-30T19:00:00.000Z', 'the missing day: the next one'],
  ['Pacific/Apia', '2011-12-31', '09:00', '2011-12-30T19:00:00.000Z', 'the day after it'],
  [
    'America/St_Johns',
    '2010-11-06',
    '23:30',
    '2010-11-07T02:00:00.000Z',
    'set back over midnight: the first',
  ],
  ['America/Havana', '2027-11-07', '00:30', '2027-11-07T04:30:00.000Z', 'midnight itself comes twice'],
  ['Asia/Kathmandu', '2027-06-01', '09:00', '2027-06-01T03:15:00.000Z', 'a quarter of an hour'],
];

describe('a wall-clock time is this moment', () => {
  test.each(known)('%s %s %s is %s: %s', (zone, date, time, expected) => {
    expect(moment(zone, date, time)).toBe(expected);
  });
});

test('weekdays count from Sunday, before 1970 too', () => {
  for (const [date, weekday] of [
    ['2027-02-28', 0],
    ['2027-03-01', 1],
    ['1970-01-01', 4],
    ['1969-12-27', 6],
    ['1969-12-28', 0],
  ] as const) {
    expect(weekdayOf(dayOf(date))).toBe(weekday);
  }
});

/** The wall-clock time by the formatter, instead of by arithmetic. */
function wallOf(zone: string): (moment: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  return (moment) => format.format(moment);
}

const zones = [
  'America/New_York',
  'Europe/London',
  'Australia/Sydney',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'America/Havana',
  'America/St_Johns',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'Pacific/Chatham',
  'UTC',
] as const;
const wallOfZone = new Map(zones.map((zone) => [zone, wallOf(zone)]));

test('for any time of any day: the first moment with that local time, or the length of the gap later', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: dayOf('2015-01-01'), max: dayOf('2035-12-31') }),
      fc.integer({ min: 0, max: 1439 }),
      (zone, day, minute) => {
        const wall = wallOfZone.get(zone) ?? wallOf(zone);
        const wanted = new Date(day * dayMs + minute * minuteMs).toISOString().slice(0, 16).replace('T', ' ');
        const found = createZoneDays(zone).at(day, minute);
        // No zone is further from UTC than 14 hours, and all offsets here are quarters of hours.
        const shown: number[] = [];
        for (let offset = -56; offset <= 56; offset += 1) {
          const candidate = day * dayMs + (minute + offset * 15) * minuteMs;
          if (wall(candidate) === wanted) shown.push(candidate);
        }
        if (shown.length > 0) return found === Math.min(...shown);
        // In a gap: as far after its end as the time is after its beginning, so both ends differ.
        const later = Date.parse(`${wall(found).replace(' ', 'T')}Z`) - (day * dayMs + minute * minuteMs);
        return later > 0 && wall(found - later - minuteMs) < wanted;
      },
    ),
    { numRuns: 500 },
  );
});

/** All slots of the table above, in one calendar, through a year with all their edges. */
const everywhere = `
  const slots = zones.flatMap((timezone, zone) => [0, 1, 3, 6].flatMap((day_preference) =>
    [0, 95, 130, 150, 1410].map((minute_of_day) => ({ id: [zone, day_preference, minute_of_day].join(), day_preference, minute_of_day, timezone }))));
  const from = Date.parse('2027-01-01T00:00Z');
  const next = createNextOccurrence(from);
  return JSON.stringify([createSlotCalendar(slots).between(from, from + 365 * 86400000), slots.map(next)]);`;

test('the time zone of the process has no effect', () => {
  const module = new URL('./occurrences.ts', import.meta.url).href;
  const run = (zone: string) =>
    spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { createNextOccurrence, createSlotCalendar } from ${JSON.stringify(module)};
         const zones = ${JSON.stringify(zones)};
         process.stdout.write(new Date(0).getTimezoneOffset() + ' ' + (() => {${everywhere}})());`,
      ],
      { env: { ...process.env, TZ: zone }, encoding: 'utf8' },
    ).stdout;
  const here = new Function('zones', 'createNextOccurrence', 'createSlotCalendar', everywhere)(
    zones,
    createNextOccurrence,
    createSlotCalendar,
  );
  const processZones = { UTC: 0, 'America/New_York': 300, 'Australia/Lord_Howe': -600, 'Pacific/Apia': 660 };
  for (const [zone, offset] of Object.entries(processZones)) {
    // That the process did run in that zone shows in its offset in 1970.
    const [shownOffset, occurrences] = run(zone).split(' ');
    expect(shownOffset).toBe(String(offset));
    expect(occurrences).toBe(here);
  }
});

describe('a calendar of slots', () => {
  const slot = (id: string, day_preference: number, time: string, timezone: string) => ({
    id,
    day_preference,
    minute_of_day: minuteOf(time),
    timezone,
  });

  test('slots of different time zones at the same moment are one occurrence, with the first id', () => {
    const calendar = createSlotCalendar([
      slot('b', 1, '09:00', 'UTC'),
      slot('a', 1, '10:00', 'Europe/Berlin'),
      slot('c', 1, '14:30', 'Asia/Kolkata'),
    ]);
    const monday = Date.parse('2027-03-01T00:00Z');
    expect(calendar.between(monday, monday + dayMs)).toEqual([
      { at: Date.parse('2027-03-01T09:00Z'), slotId: 'a' },
    ]);
    // Once Berlin has summer time, there are two.
    const april = Date.parse('2027-04-05T00:00Z');
    expect(calendar.between(april, april + dayMs).map(({ slotId }) => slotId)).toEqual(['a', 'b']);
    expect(calendar.slotAt(Date.parse('2027-03-01T09:00Z'))).toBe('a');
    expect(calendar.slotAt(Date.parse('2027-03-01T09:01Z'))).toBeNull();
  });

  test("Apia's missing Friday is Saturday", () => {
    const calendar = createSlotCalendar([slot('friday', 5, '09:00', 'Pacific/Apia')]);
    const week = Date.parse('2011-12-25T00:00Z');
    expect(calendar.between(week, week + 14 * dayMs).map(({ at }) => new Date(at).toISOString())).toEqual([
      '2011-12-30T19:00:00.000Z',
      '2012-01-05T19:00:00.000Z',
    ]);
  });

  test('a window includes its start and excludes its end', () => {
    const calendar = createSlotCalendar([slot('a', 1, '09:00', 'UTC')]);
    const at = Date.parse('2027-03-01T09:00Z');
    expect(calendar.between(at, at + 7 * dayMs)).toEqual([{ at, slotId: 'a' }]);
    expect(calendar.between(at + 1, at + 7 * dayMs)).toEqual([]);
    expect(calendar.firstAfter(at - 1)?.at).toBe(at);
    expect(calendar.firstAfter(at)?.at).toBe(at + 7 * dayMs);
    expect(createSlotCalendar([]).firstAfter(at)).toBeNull();
  });
});

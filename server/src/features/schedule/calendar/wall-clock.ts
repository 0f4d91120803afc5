// Converts wall-clock times to moments. All time zone arithmetic is here, and none uses the zone of the machine.
import { Temporal } from 'temporal-polyfill';

export const minuteMs = 60 * 1000;
export const dayMs = 24 * 3600 * 1000;

/** 0 is Sunday. `day` counts days since 1970-01-01, a Thursday. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/**
 * The moment of a wall-clock time, in milliseconds since 1970. A time that does not exist that day moves forward
 * by the gap; one that happens twice is the first of the two.
 */
function wallTime(zone: string, day: number, minuteOfDay: number): number {
  // UTC has neither gaps nor repeats, so it serves as a plain calendar.
  const wall = new Date(day * dayMs + minuteOfDay * minuteMs);
  return new Temporal.PlainDateTime(
    wall.getUTCFullYear(),
    wall.getUTCMonth() + 1,
    wall.getUTCDate(),
    wall.getUTCHours(),
    wall.getUTCMinutes(),
  ).toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
}

export interface ZoneDays {
  /** The moment of a wall-clock time on a day. */
  at(day: number, minuteOfDay: number): number;
}

/** The starts of days by zone, cached because they never change and every search for a slot needs the same ones. */
const midnightsOf = new Map<string, Map<number, number>>();
/** More than two years, enough for one search; all time zones together use less than 20 MB. */
const midnightsMax = 800;

/** Converts many times of the days of one zone. */
export function createZoneDays(zone: string): ZoneDays {
  const midnights = midnightsOf.get(zone) ?? new Map<number, number>();
  midnightsOf.set(zone, midnights);

  function midnight(day: number): number {
    const known = midnights.get(day);
    if (known !== undefined) return known;
    const moment = wallTime(zone, day, 0);
    if (midnights.size >= midnightsMax) midnights.clear();
    midnights.set(day, moment);
    return moment;
  }

  return {
    at(day, minuteOfDay) {
      const start = midnight(day);
      // Asking for a zone costs microseconds. A day of exactly 24 hours has one offset throughout, and needs none.
      if (midnight(day + 1) - start === dayMs) return start + minuteOfDay * minuteMs;
      return wallTime(zone, day, minuteOfDay);
    },
  };
}

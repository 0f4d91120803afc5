// Searches for the next open slot: an occurrence that no post has and every rule allows. Pure; existing posts are read
// through a function, window by window, so that a near slot needs only a short read.
import type { SlotCalendar } from './occurrences.ts';
import { dayMs } from './wall-clock.ts';

/** The times at which posts were or will be sent, in milliseconds since 1970. */
export interface Placed {
  /** Queued or in flight: their slots are taken. */
  held: readonly number[];
  /** Sent: they do not take a slot, but count for the daily limit. */
  sent: readonly number[];
}

export interface OpenSlotSearch {
  calendar: SlotCalendar;
  /** The earliest time that may be returned; `until` is the latest. */
  from: number;
  until: number;
  /** Pins in any 24 hours; null for no limit. */
  dailyLimit: number | null;
  /** The minimum distance to posts with the same destination, and their times; null without a rule. */
  spacing: { distanceMs: number; times: readonly number[] } | null;
  /** Posts from `from` up to `until`, both included. */
  readPlaced(from: number, until: number): Promise<Placed>;
}

/** Most slots are found in the first week; each further window is twice as long. */
const firstWindowMs = 7 * dayMs;

/** Returns the earliest time of an open slot; null if there is none up to `until`. */
export async function findOpenSlot(search: OpenSlotSearch): Promise<number | null> {
  const { calendar, until, dailyLimit, spacing } = search;
  const tooNear = spacing ? spacing.times.map((at) => around(at, at, spacing.distanceMs)) : [];
  let lengthMs = firstWindowMs;
  let end = search.from;
  while (end <= until) {
    const from = end;
    end = Math.min(from + lengthMs, until + 1);
    lengthMs *= 2;
    const occurrences = calendar.between(from, end);
    if (occurrences.length === 0) continue;
    // One more day at both ends, for the daily limit.
    const placed = await search.readPlaced(from - dayMs, end + dayMs);
    const held = new Set(placed.held);
    const full = dailyLimit === null ? [] : fullDays([...placed.held, ...placed.sent], dailyLimit);
    const isForbidden = createSweep([...tooNear, ...full]);
    const open = occurrences.find(({ at }) => !held.has(at) && !isForbidden(at));
    if (open) return open.at;
  }
  return null;
}

/** An interval with exclusive ends, because a post may be exactly as far away as the rule requires. */
interface Interval {
  after: number;
  before: number;
}

function around(first: number, last: number, distanceMs: number): Interval {
  return { after: first - distanceMs, before: last + distanceMs };
}

/**
 * The intervals in which one more post would exceed the limit of 24 hours: around each run of `limit` posts that are
 * less than 24 hours apart, as far as another post would still be within 24 hours of all of them.
 */
function fullDays(placed: readonly number[], limit: number): Interval[] {
  const times = placed.toSorted((a, b) => a - b);
  return times.flatMap((first, index) => {
    const last = times[index + limit - 1];
    if (last === undefined || last - first >= dayMs) return [];
    return around(last, first, dayMs);
  });
}

/** Returns a function that says whether a moment is inside one of the intervals. Call it in ascending order. */
function createSweep(intervals: readonly Interval[]): (at: number) => boolean {
  const sorted = intervals.toSorted((a, b) => a.after - b.after);
  let next = 0;
  let forbiddenBefore = Number.NEGATIVE_INFINITY;
  return (at) => {
    for (let interval = sorted[next]; interval && interval.after < at; interval = sorted[next]) {
      forbiddenBefore = Math.max(forbiddenBefore, interval.before);
      next += 1;
    }
    // An interval that began before `at` and has not ended covers it.
    return at < forbiddenBefore;
  };
}

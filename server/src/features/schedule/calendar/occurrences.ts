// The occurrences of timeslots. A slot is a wall-clock time of the week in its zone; an occurrence is one moment of it.
import { createZoneDays, dayMs, weekdayOf, type ZoneDays } from './wall-clock.ts';

/** The time of a timeslot. */
export interface Slot {
  id: string;
  /** 0 is Sunday. */
  day_preference: number;
  minute_of_day: number;
  timezone: string;
}

export interface Occurrence {
  /** Milliseconds since 1970. */
  at: number;
  slotId: string;
}

/** A slot occurs at least once in this time: each week, and a day later where a gap in local time moves it. */
const recursWithinMs = 9 * dayMs;

/** Zones are at most 16 hours from UTC, and the longest gap (Samoa, 2011) moved a time by 24. */
function daysAround(from: number, until: number): { first: number; last: number } {
  return { first: Math.floor(from / dayMs) - 2, last: Math.floor(until / dayMs) + 1 };
}

export interface SlotCalendar {
  /** Soonest first, `from` included and `until` not. Slots that fall on one moment are one occurrence, of the first id. */
  between(from: number, until: number): Occurrence[];
  /** The first occurrence after a moment; null without slots. */
  firstAfter(moment: number): Occurrence | null;
  /** The slot with an occurrence at exactly this moment; null for none. */
  slotAt(moment: number): string | null;
}

export function createSlotCalendar(slots: readonly Slot[]): SlotCalendar {
  const zones = groupByZone(slots);

  function between(from: number, until: number): Occurrence[] {
    const occurrences: Occurrence[] = [];
    const { first, last } = daysAround(from, until);
    for (const { days, slotsOf } of zones) {
      for (let day = first; day <= last; day += 1) {
        for (const slot of slotsOf[weekdayOf(day)] ?? []) {
          const at = days.at(day, slot.minute_of_day);
          if (at >= from && at < until) occurrences.push({ at, slotId: slot.id });
        }
      }
    }
    occurrences.sort((a, b) => a.at - b.at || (a.slotId < b.slotId ? -1 : 1));
    return occurrences.filter((occurrence, index) => occurrence.at !== occurrences[index - 1]?.at);
  }

  return {
    between,
    firstAfter: (moment) => between(moment + 1, moment + recursWithinMs)[0] ?? null,
    slotAt: (moment) => between(moment, moment + 1)[0]?.slotId ?? null,
  };
}

/** Returns a function that returns the next occurrence of a slot after a time, in milliseconds. */
export function createNextOccurrence(moment: number): (slot: Omit<Slot, 'id'>) => number {
  const zones = new Map<string, ZoneDays>();
  const { first, last } = daysAround(moment, moment + recursWithinMs);
  return (slot) => {
    const days = zones.get(slot.timezone) ?? createZoneDays(slot.timezone);
    zones.set(slot.timezone, days);
    let next = Number.POSITIVE_INFINITY;
    for (let day = first; day <= last; day += 1) {
      if (weekdayOf(day) !== slot.day_preference) continue;
      const at = days.at(day, slot.minute_of_day);
      if (at > moment) next = Math.min(next, at);
    }
    return next;
  };
}

interface ZoneSlots {
  days: ZoneDays;
  /** By weekday. */
  slotsOf: Slot[][];
}

function groupByZone(slots: readonly Slot[]): ZoneSlots[] {
  const zones = new Map<string, ZoneSlots>();
  for (const slot of slots) {
    let zone = zones.get(slot.timezone);
    if (!zone) {
      zone = { days: createZoneDays(slot.timezone), slotsOf: [[], [], [], [], [], [], []] };
      zones.set(slot.timezone, zone);
    }
    zone.slotsOf[slot.day_preference]?.push(slot);
  }
  return [...zones.values()];
}

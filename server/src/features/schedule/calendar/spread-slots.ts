// Spreads timeslots evenly over the days of a regular week.

export interface WeekPlan {
  perDay: number;
  /** 0 is Sunday. */
  days: readonly number[];
  /** Minutes after midnight; the first and the last slot of a day. */
  fromMinute: number;
  toMinute: number;
}

/** The slots in the order of the week: evenly from the first minute to the last; a single one in the middle. */
export function spreadSlots({ perDay, days, fromMinute, toMinute }: WeekPlan) {
  const length = toMinute - fromMinute;
  const minutes = Array.from({ length: perDay }, (_, index) =>
    Math.round(fromMinute + (perDay === 1 ? length / 2 : (index * length) / (perDay - 1))),
  );
  return days
    .toSorted((a, b) => a - b)
    .flatMap((day) => minutes.map((minute) => ({ day_preference: day, minute_of_day: minute })));
}

// Times in the cells of a sheet. Only a date whose day and month cannot be mistaken for each other is read.
import { Temporal } from 'temporal-polyfill';
import { quote } from './quote.ts';

export type CellTime = { kind: 'ok'; sendAt: string } | { kind: 'invalid'; message: string };

interface Parts {
  year: string;
  month: string;
  day: string;
  time: string;
}

const timePattern = String.raw`(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,]\d+)?)?`;
const clockTime = new RegExp(
  String.raw`^${timePattern} ?(?<half>am|pm)? ?(?<zone>z|utc|gmt|[+-]\d{1,2}(?::?\d{2})?)?$`,
  'i',
);
const hourOnly = /^(?<hour>\d{1,2}) ?(?<half>am|pm)$/i;
const yearFirst =
  /^(?<year>\d{4})(?<sign>[-/.])(?<month>\d{1,2})\k<sign>(?<day>\d{1,2})(?:[T ]\s*(?<time>.*))?$/i;
const yearLast = /^(?<first>\d{1,2})[-/.](?<second>\d{1,2})[-/.](?<year>\d{4})(?:[T ,]\s*(?<time>.*))?$/i;

/** Whether the text looks like a date, in any order of its parts. For columns that are not recognized. */
export function looksLikeDate(text: string): boolean {
  return /^\W{0,2}(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(\D|$)/.test(text.trim());
}

/**
 * Reads a date with a time: year first, with an offset or in the time zone.
 * @param time The cell of a column that has the time of day alone; '' for none.
 */
export function readTime(text: string, time: string, timezone: string): CellTime {
  const date = text.trim();
  const parts = yearFirst.exec(date)?.groups as unknown as Parts | undefined;
  if (!parts) return invalid(orderProblem(date, time) ?? unreadable(date));
  const ownTime = parts.time?.trim() ?? '';
  if (ownTime !== '' && time !== '') {
    return invalid(
      `${quote(date)} has a time of day, and so has the column of times (${quote(time)}). Keep one.`,
    );
  }
  const timeOfDay = ownTime || time;
  const day = `${parts.year}-${pad(parts.month)}-${pad(parts.day)}`;
  if (timeOfDay === '') return invalid(`${quote(date)} has no time of day. Write it as ${day}T09:00:00.`);
  const clock = readClock(timeOfDay);
  if (!clock) return invalid(unreadable(`${date} ${time}`.trim()));
  try {
    const moment = clock.offset
      ? Temporal.Instant.from(`${day}T${clock.time}${clock.offset}`)
      : Temporal.PlainDateTime.from(`${day}T${clock.time}`).toZonedDateTime(timezone).toInstant();
    return { kind: 'ok', sendAt: moment.toString() };
  } catch {
    return invalid(unreadable(`${date} ${time}`.trim()));
  }
}

/** `9:00`, `09:00:30`, `9:00 pm`, `9 pm`, each optionally with an offset: `+01`, `+0100`, `+01:00`, `Z`. */
function readClock(text: string): { time: string; offset: string | undefined } | undefined {
  const groups = (clockTime.exec(text.trim()) ?? hourOnly.exec(text.trim()))?.groups;
  if (!groups) return undefined;
  const hour = toHour(Number(groups.hour), groups.half?.toLowerCase());
  if (hour === undefined) return undefined;
  const time = `${pad(String(hour))}:${groups.minute ?? '00'}:${groups.second ?? '00'}`;
  return { time, offset: groups.zone && toOffset(groups.zone) };
}

function toHour(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) return hour;
  if (hour < 1 || hour > 12) return undefined;
  return (hour % 12) + (half === 'pm' ? 12 : 0);
}

/** `+1`, `+01` and `+0100` are `+01:00`. */
function toOffset(zone: string): string {
  const [, sign, hours = '', minutes = '00'] = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(zone) ?? [];
  return sign === undefined ? 'Z' : `${sign}${pad(hours)}:${minutes}`;
}

/** The problem of a date whose year is last: the order of day and month differs by country. */
function orderProblem(date: string, columnTime: string): string | undefined {
  const groups = yearLast.exec(date)?.groups;
  if (!groups) return undefined;
  const { first = '', second = '', year = '', time = '' } = groups;
  const clock = readClock(time || columnTime)?.time ?? '09:00:00';
  const asIs = (month: string, day: string) => `${year}-${pad(month)}-${pad(day)}T${clock}`;
  if (Number(first) > 12) return `Write ${quote(date)} with the year first: ${asIs(second, first)}.`;
  if (Number(second) > 12 || first === second) {
    return `Write ${quote(date)} with the year first: ${asIs(first, second)}.`;
  }
  return `${quote(date)} can be read in two ways. Write it with the year first: ${asIs(first, second)} or ${asIs(second, first)}.`;
}

const invalid = (message: string): CellTime => ({ kind: 'invalid', message });
const unreadable = (text: string) =>
  `${quote(text)} is not a date with a time. Write it as 2027-03-01T09:00:00, or with an offset.`;
const pad = (digits: string) => digits.padStart(2, '0');

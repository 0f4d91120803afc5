// Requests and responses of timeslots. Names and types are those of the hosted API (docs/api-contract.md#compatibility).

import { z } from 'zod';
import { text, timezone, unixSeconds, wholeNumber } from '../../platform/http/contract/index.ts';
import { single } from '../../platform/single.ts';
import { AccountPath } from '../accounts/index.ts';
import { createNextOccurrence } from './calendar/occurrences.ts';
import type { TimeslotRow } from './timeslots.queries.ts';

const clockTimePattern = /^([01]\d|2[0-3]):[0-5]\d$/;
const clockTime = text()
  .refine((value) => clockTimePattern.test(value), {
    params: { code: 'invalid_time' },
    error: 'Must be a time of day as "HH:MM", from "00:00" to "23:59".',
  })
  .meta({ override: { pattern: clockTimePattern.source } });

const day = wholeNumber(0, 6);
const dayAbout = 'Day of the week; 0 is Sunday.';
const timeAbout = 'Time of day in the slot\'s zone, "HH:MM".';
const zoneAbout = 'IANA time zone.';

export const TimeslotPath = AccountPath.extend({
  timeslotId: z.string().meta({ description: 'Timeslot id.' }),
});

export const TimeslotView = z
  .object({
    id: z.string().meta({ description: 'Timeslot id.', example: 'slot_01kav8w5v8e6nb1vkh5tq4j1aa' }),
    accountId: z.string().meta({ description: 'The account that posts at this time.' }),
    dayPreference: z.int().meta({ description: dayAbout, example: 1 }),
    timePreference: z.string().meta({ description: timeAbout, example: '09:30' }),
    timezone: z.string().meta({ description: zoneAbout, example: 'Europe/Berlin' }),
    type: z
      .enum(['optimal', 'custom'])
      .meta({ description: '`optimal`: placed by a rebuild. `custom`: by hand.' }),
    sendAt: unixSeconds.meta({
      description:
        'Its next occurrence (Unix seconds). A time that does not exist that day moves forward by the gap; one that happens twice is the first of the two.',
    }),
  })
  .meta({ id: 'Timeslot' });

export const CreateTimeslotBody = z
  .strictObject({
    dayPreference: day.meta({ description: dayAbout, example: 1 }),
    timePreference: clockTime.meta({ description: timeAbout, example: '09:30' }),
    timezone: timezone
      .optional()
      .meta({ description: 'IANA time zone. Default: that of the account.', example: 'Europe/Berlin' }),
  })
  .meta({ id: 'CreateTimeslot' });
export type CreateTimeslot = z.output<typeof CreateTimeslotBody>;

export const UpdateTimeslotBody = z
  .strictObject({
    dayPreference: day.optional().meta({ description: dayAbout }),
    timePreference: clockTime.optional().meta({ description: timeAbout }),
    timezone: timezone.optional().meta({ description: zoneAbout }),
  })
  .refine((body) => Object.keys(body).length > 0, {
    params: { code: 'required' },
    error: 'Send at least one field to change.',
  })
  .meta({ id: 'UpdateTimeslot' });
export type UpdateTimeslot = z.output<typeof UpdateTimeslotBody>;

export const RebuildTimeslotsBody = z
  .strictObject({
    perDay: wholeNumber(1, 25).meta({ description: 'Timeslots on each of the days, 1 to 25.', example: 3 }),
    days: z
      .array(day)
      .min(1, 'List at least one day.')
      .max(7, 'List at most seven days.')
      .refine((days) => new Set(days).size === days.length, {
        params: { code: 'repeated' },
        error: 'A day is listed twice.',
      })
      .meta({
        uniqueItems: true,
        description: 'Days of the week, each once; 0 is Sunday.',
        example: [1, 2, 3, 4, 5],
      }),
    from: clockTime.meta({ description: 'The first timeslot of a day, "HH:MM".', example: '09:00' }),
    to: clockTime.meta({
      description:
        'The last timeslot of a day, "HH:MM". With one timeslot a day, it is halfway between both.',
      example: '21:00',
    }),
    timezone: timezone.optional().meta({ description: 'IANA time zone. Default: that of the account.' }),
    dryRun: z.boolean().default(false).meta({ description: 'Return the result without changing anything.' }),
  })
  .superRefine((body, context) => {
    const spare = toMinutes(body.to) - toMinutes(body.from) - (body.perDay - 1);
    if (spare >= 0) return;
    const isBackwards = toMinutes(body.to) < toMinutes(body.from);
    context.addIssue({
      code: 'custom',
      path: ['to'],
      params: { code: isBackwards ? 'before_from' : 'window_too_short' },
      message: isBackwards
        ? 'Must not be before "from". A window cannot pass midnight.'
        : `From "from" to "to" there must be a minute for each timeslot of a day, at least ${body.perDay - 1} minutes.`,
    });
  })
  .meta({ id: 'RebuildTimeslots' });
export type RebuildTimeslots = z.output<typeof RebuildTimeslotsBody>;

export const TimeslotAnswer = z.object({ timeslot: TimeslotView }).meta({ id: 'TimeslotResult' });
export const TimeslotListAnswer = z.object({ timeslots: z.array(TimeslotView) }).meta({ id: 'TimeslotPage' });
export const RebuildAnswer = z
  .object({
    timeslots: z
      .array(
        TimeslotView.extend({
          id: z.string().nullable().meta({
            description: 'Null for a new timeslot of a dry run, which is not created.',
          }),
        }).meta({ id: 'RebuiltTimeslot' }),
      )
      .meta({ description: 'All timeslots of the account afterwards, in the order of the week.' }),
    dryRun: z.boolean().meta({ description: 'Whether nothing was changed.' }),
    kept: z.int().meta({ description: 'Number of timeslots that were at one of the new times already.' }),
    added: z.int().meta({ description: 'Number of new timeslots.' }),
    removed: z.int().meta({ description: 'Number of removed timeslots.' }),
  })
  .meta({ id: 'TimeslotRebuild' });
export const DeletedTimeslotAnswer = z
  .object({ deleted: z.literal(true), id: z.string() })
  .meta({ id: 'DeletedTimeslot' });

/** `09:30` as minutes after midnight. */
export function toMinutes(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

function toTime(minuteOfDay: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}`;
}

type Shown = Omit<TimeslotRow, 'id' | 'created_at' | 'updated_at'>;

/** One timeslot as responses show it. */
export function toTimeslotView(row: TimeslotRow, now: Date) {
  return single(toTimeslotViews([row], now));
}

/** @param rows A dry run has rows without an id */
export function toTimeslotViews<Id extends string | null>(rows: readonly (Shown & { id: Id })[], now: Date) {
  const nextOccurrence = createNextOccurrence(now.getTime());
  return rows.map((row) => ({
    id: row.id,
    accountId: row.account_id,
    dayPreference: row.day_preference,
    timePreference: toTime(row.minute_of_day),
    timezone: row.timezone,
    type: row.type,
    sendAt: Math.floor(nextOccurrence(row) / 1000),
  }));
}

// What crosses the wire about the dated schedule (docs/api-contract.md#schedule).
import { z } from 'zod';
import { moment, unixSeconds } from '../../platform/http/contract/fields.ts';

export const scheduleDaysMax = 60;
export const scheduleDaysDefault = 14;

export const ScheduleQuery = z.strictObject({
  from: moment
    .optional()
    .meta({ description: 'Where the window begins (RFC 3339 with an offset); now by default.' }),
  to: moment.optional().meta({
    description: `Where it ends, itself not included; ${scheduleDaysDefault} days after \`from\` by default, and ${scheduleDaysMax} days after it at most.`,
  }),
});
export type ScheduleWindow = z.output<typeof ScheduleQuery>;

const ScheduleEntry = z
  .object({
    at: unixSeconds.meta({
      description:
        'When (Unix seconds): sentAt of a published post, sendAt of any other, the occurrence of an open timeslot.',
    }),
    status: z.enum(['open', 'scheduled', 'publishing', 'published', 'failed']).meta({
      description:
        '`open`: a timeslot to come that no queued post and none in flight holds. `scheduled`: a queued post. `publishing`: one in flight.',
    }),
    timeslotId: z.string().nullable().meta({
      description:
        'The timeslot that comes round at the sendAt of the post; null where none does (any more).',
    }),
    postId: z.string().nullable().meta({ description: 'The post; null for an open timeslot.' }),
  })
  .meta({ id: 'ScheduleEntry' });
export type ScheduleEntry = z.input<typeof ScheduleEntry>;

export const ScheduleAnswer = z
  .object({
    schedule: z.array(ScheduleEntry).meta({ description: 'Soonest first.' }),
    window: z.object({ from: unixSeconds, to: unixSeconds }).meta({ description: 'What was asked for.' }),
  })
  .meta({ id: 'DatedSchedule' });

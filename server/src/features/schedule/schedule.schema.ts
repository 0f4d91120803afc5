// Requests and responses of the dated schedule (docs/api-contract.md#schedule).
import { z } from 'zod';
import { moment, unixSeconds } from '../../platform/http/contract/index.ts';

export const scheduleDaysMax = 60;
export const scheduleDaysDefault = 14;

export const ScheduleQuery = z.strictObject({
  from: moment
    .optional()
    .meta({ description: 'Start of the window (RFC 3339 with an offset). Default: now.' }),
  to: moment.optional().meta({
    description: `End of the window, exclusive. Default: ${scheduleDaysDefault} days after \`from\`. At most ${scheduleDaysMax} days after it.`,
  }),
});
export type ScheduleWindow = z.output<typeof ScheduleQuery>;

const ScheduleEntry = z
  .object({
    at: unixSeconds.meta({
      description:
        'Time (Unix seconds): sentAt of a published post, sendAt of any other, the occurrence of an open timeslot.',
    }),
    status: z.enum(['open', 'scheduled', 'publishing', 'published', 'failed']).meta({
      description:
        '`open`: a future timeslot without a queued post or one in flight. `scheduled`: a queued post. `publishing`: one in flight.',
    }),
    timeslotId: z.string().nullable().meta({
      description:
        'The timeslot with an occurrence at the sendAt of the post; null if there is none, or no longer one.',
    }),
    postId: z.string().nullable().meta({ description: 'The post; null for an open timeslot.' }),
  })
  .meta({ id: 'ScheduleEntry' });
export type ScheduleEntry = z.input<typeof ScheduleEntry>;

export const ScheduleAnswer = z
  .object({
    schedule: z.array(ScheduleEntry).meta({ description: 'Soonest first.' }),
    window: z.object({ from: unixSeconds, to: unixSeconds }).meta({ description: 'The requested window.' }),
  })
  .meta({ id: 'DatedSchedule' });

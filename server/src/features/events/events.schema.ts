// Events as they cross the wire. What an event says of itself is written by its feature, which keeps secrets
// out; here moments become Unix seconds, and what only the timeline needs is left out.
import { z } from 'zod';
import { type ActorType, actorTypes } from '../../domain/actor-types.ts';
import { eventTypes } from '../../domain/event-types.ts';
import { toUnixSeconds } from '../../platform/clock.ts';
import { pageLimit, unixSeconds } from '../../platform/http/contract/fields.ts';
import { actorFromColumn } from '../../platform/use-case/index.ts';
import { fromEventId, toEventId } from './event-id.ts';
import type { LoggedEvent } from './event-log.queries.ts';

/** The actor of an event, as responses show it. */
export const ActorView = z
  .object({
    type: z.enum(actorTypes).meta({
      description: '`key`: an API key. `system`: Pintail itself, for example a post published at its time.',
    }),
    id: z.string().nullable().meta({ description: 'The id of the key; null for the system.' }),
    name: z.string().meta({ description: 'The name at that time.', example: 'Spring campaign' }),
  })
  .meta({ id: 'Actor', description: 'Who did it.' });

const Event = z
  .object({
    id: z.string().meta({
      description: 'Opaque. Also the place in the log: send it as `after` to go on from here.',
      example: 'evt_000000000zk',
    }),
    type: z.enum(eventTypes).meta({ description: 'What happened.' }),
    at: unixSeconds.meta({ description: 'When (Unix seconds).' }),
    accountId: z.string().nullable().meta({ description: 'The account that it concerns.' }),
    postId: z.string().nullable().meta({ description: 'The post that it concerns.' }),
    actor: ActorView,
    data: z.record(z.string(), z.unknown()).meta({
      description:
        'More, by type. Of posts: `status` afterwards, `sendAt`, and where it applies `pinId`, `attempt` and `failure {code, message, remediation, retryable}`. Fields may be added.',
    }),
  })
  .meta({ id: 'PintailEvent' });

export type EventView = z.input<typeof Event>;

const eventId = z.string().refine((text) => fromEventId(text) !== undefined, {
  params: { code: 'invalid_event_id' },
  error: 'Is no id of an event. Send the `id` of the last event that you have seen.',
});

export const EventsQuery = z.strictObject({
  after: eventId.optional().meta({
    description: 'Only events after the one with this id. Without it: from the oldest that is kept.',
  }),
  accountId: z.string().max(100).optional().meta({ description: 'Only those of this account.' }),
  type: z
    .string()
    .transform((text, context) => {
      const types = text.split(',').map((part) => part.trim());
      const wrong = types.filter((type) => !eventTypes.some((known) => known === type));
      if (wrong.length === 0) return types;
      context.addIssue({
        code: 'custom',
        params: { code: 'unknown_event_type' },
        message: `There is no event "${wrong[0]?.slice(0, 60)}". There are: ${eventTypes.join(', ')}.`,
      });
      return z.NEVER;
    })
    .optional()
    .meta({
      description: 'Only events of this type, or of these, with commas between.',
      override: { type: 'string' },
      example: 'post.sent,post.failed',
    }),
  limit: pageLimit.meta({ description: 'How many at most. Not for the stream.' }),
});
export type ListEvents = z.output<typeof EventsQuery>;

export const EventsAnswer = z
  .object({
    events: z.array(Event).meta({ description: 'Oldest first, in an order that never changes.' }),
    cursor: z
      .string()
      .nullable()
      .meta({ description: 'Send it as `after` for the next page; null when this is the last one for now.' }),
    latest: z.string().nullable().meta({
      description:
        'Send it as `after` later, to read only what is new by then, also when no event of this page fits the filter. Null while the log is empty.',
    }),
  })
  .meta({ id: 'EventPage' });

/** Fields for the timeline only: details of moves, and of the search for a lost Pin. */
const innerKeys = new Set(['move', 'counts', 'found', 'lookAt', 'runAt']);

export function toEventView(event: LoggedEvent): EventView {
  return {
    id: toEventId(event.id),
    type: event.type as EventView['type'],
    at: toUnixSeconds(event.at),
    accountId: event.account_id,
    postId: event.post_id,
    actor: actorFromColumn<ActorType>(event.actor),
    // Every writer of events writes an object.
    data: shown(event.data as Record<string, unknown>),
  };
}

function shown(data: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, value]) => {
      if (innerKeys.has(key)) return [];
      const isMoment = key.endsWith('At') && typeof value === 'string' && !Number.isNaN(Date.parse(value));
      return [[key, isMoment ? toUnixSeconds(new Date(value)) : value]];
    }),
  );
}

// Events as they cross the wire. The rooms that append events keep secrets out of them; domain/event-data.ts declares the
// data of each type.
import { z } from 'zod';
import type { ActorType } from '../../domain/actor-types.ts';
import { ActorView } from '../../domain/actor-view.ts';
import { eventName, eventTimestamp, sentEventData, toVisibleData } from '../../domain/event-data.ts';
import { type EventType, eventTypes } from '../../domain/event-types.ts';
import { toUnixSeconds } from '../../platform/clock.ts';
import { pageLimit, unionByType, unixSeconds } from '../../platform/http/contract/index.ts';

import { actorFromColumn } from '../../platform/use-case/index.ts';
import { fromEventId, toEventId } from './event-id.ts';
import type { LoggedEvent } from './event-log.queries.ts';

const EventBase = z
  .object({
    id: z.string().meta({
      description: 'Opaque. Send it as `after` to continue from this event.',
      example: 'evt_000000000zk',
    }),
    timestamp: eventTimestamp,
    at: unixSeconds.meta({ description: 'The same as `timestamp`, in Unix seconds.' }),
    accountId: z.string().nullable().meta({ description: 'The account of the event; null for none.' }),
    postId: z.string().nullable().meta({ description: 'The post of the event; null for none.' }),
    actor: ActorView,
  })
  .meta({ id: 'EventBase', description: 'The fields that all events share.' });

/** One schema for each type of event. */
const Event = unionByType(
  {
    id: 'PintailEvent',
    description: 'An event. `type` decides what `data` has. Types and fields may be added.',
  },
  eventTypes.map((type) => ({
    type,
    schema: z
      .intersection(EventBase, z.object({ type: z.literal(type), data: sentEventData(type) }))
      .meta({ id: `${eventName(type)}Event` }),
  })),
);

/** An event as callers see it. `data` is what `visibleEventData` declares for the type. */
export interface EventView extends z.input<typeof EventBase> {
  type: EventType;
  data: Record<string, unknown>;
}

const eventId = z.string().refine((text) => fromEventId(text) !== undefined, {
  params: { code: 'invalid_event_id' },
  error: 'Invalid event id. Send the `id` of the last event that was read.',
});

export const EventsQuery = z.strictObject({
  after: eventId.optional().meta({
    description: 'Only events after the event with this id. Without it: from the oldest stored event.',
  }),
  accountId: z
    .string()
    .regex(/^acc_\w{1,96}$/, 'Must be the id of an account, such as `acc_…`. GET /v1/accounts lists them.')
    .optional()
    .meta({ description: 'Only events of this account.' }),
  type: z
    .string()
    .transform((text, context) => {
      const types = text.split(',').map((part) => part.trim());
      const wrong = types.filter((type) => !eventTypes.some((known) => known === type));
      if (wrong.length === 0) return types;
      context.addIssue({
        code: 'custom',
        params: { code: 'unknown_event_type' },
        message: `Unknown event type "${wrong[0]?.slice(0, 60)}". The types are: ${eventTypes.join(', ')}.`,
      });
      return z.NEVER;
    })
    .optional()
    .meta({
      description: 'Only events of this type, or of these types, separated by commas.',
      override: { type: 'string' },
      example: 'post.sent,post.failed',
    }),
  limit: pageLimit.meta({ description: 'Events per page. The stream ignores it.' }),
});
export type ListEvents = z.output<typeof EventsQuery>;

export const EventsAnswer = z
  .object({
    events: z.array(Event).meta({ description: 'Oldest first. The order never changes.' }),
    cursor: z
      .string()
      .nullable()
      .meta({ description: 'Send it as `after` for the next page; null on the last page.' }),
    latest: z.string().nullable().meta({
      description:
        'Send it as `after` later to read only new events, also if no event of this page matches the filter. Null while the log is empty.',
    }),
  })
  .meta({ id: 'EventPage' });

/** An event from the log as callers see it. */
export function toEventView(event: LoggedEvent): EventView {
  // Readers of the log select the types that callers see.
  const type = event.type as EventType;
  const subject = {
    accountId: event.account_id,
    postId: event.post_id,
    actor: actorFromColumn<ActorType>(event.actor),
  };
  return {
    id: toEventId(event.id),
    type,
    timestamp: event.at.toISOString(),
    at: toUnixSeconds(event.at),
    ...subject,
    // Every writer of events writes an object.
    data: { ...toVisibleData(type, event.data as Record<string, unknown>), ...subject },
  };
}

import { route } from '../../platform/http/contract/route.ts';
import { type EventLog, followEvents, listEvents } from './event-log.ts';
import { EventsAnswer, EventsQuery } from './events.schema.ts';

export function eventRoutes(log: EventLog) {
  return [
    route({
      operationId: 'listEvents',
      method: 'GET',
      path: '/v1/events',
      summary: 'List events',
      description:
        'What has happened, oldest first. No event is ever missed by reading on from the last one seen; each comes once.',
      tag: 'Events',
      scope: 'posts:read',
      query: EventsQuery,
      paging: { items: 'events', next: 'cursor', param: 'after' },
      data: EventsAnswer,
      status: 200,
      refusals: [],
      handle: async ({ context, query }) => ({ data: await listEvents(log, context, query) }),
      stream: {
        schema: 'PintailEvent',
        description:
          'Each event as it happens, within about a second. `id` is for `Last-Event-ID` (or `after`), `event` the type, `data` an Event as JSON. Without either it begins with what is new. A line with a colon comes every 15 seconds. A client that does not read is cut off and may resume.',
        open: ({ caller, query, lastEventId, signal }) =>
          followEvents(log, caller, { ...query, after: lastEventId ?? query.after }, signal),
      },
    }),
  ];
}

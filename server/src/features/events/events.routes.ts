import { route } from '../../platform/http/contract/index.ts';
import { type EventLog, followEvents, listEvents } from './event-log.ts';
import { tooManyKeyStreams, tooManyOrganizationStreams, tooManyStreams } from './events.errors.ts';
import { EventsAnswer, EventsQuery } from './events.schema.ts';

export function eventRoutes(log: EventLog) {
  return [
    route({
      operationId: 'listEvents',
      method: 'GET',
      path: '/v1/events',
      summary: 'List events',
      description:
        'The event log, oldest first. A client that continues from the last event that it read misses no event and reads each once. The webhooks section of this document describes the data of each type.',
      tag: 'Events',
      scope: 'posts:read',
      query: EventsQuery,
      paging: { items: 'events', next: 'cursor', param: 'after' },
      data: EventsAnswer,
      status: 200,
      refusals: [tooManyKeyStreams, tooManyOrganizationStreams, tooManyStreams],
      handle: async ({ context, query }) => ({ data: await listEvents(log, context, query) }),
      stream: {
        schema: 'PintailEvent',
        description:
          'Each event, within about a second. `id` is the value for `Last-Event-ID` (or `after`), `event` the type, `data` a PintailEvent as JSON. Without `Last-Event-ID` and `after`, the stream begins with the next new event. Its first block has only the id at which it begins, so a client that is disconnected before its first event resumes without a gap. A comment line is sent every 15 seconds. A client that stops reading is disconnected and can resume.',
        open: ({ caller, query, lastEventId, signal }) =>
          followEvents(log, caller, { ...query, after: lastEventId ?? query.after }, signal),
      },
    }),
  ];
}

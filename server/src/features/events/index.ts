// The event log as callers read it: in pages, or as a stream. Rooms append to it through `domain/events.ts`.

export { eventsCheck } from './checks.ts';
export { type LoggedEvent, rebaseRestoredEvents } from './event-log.queries.ts';
export { openEventLog } from './event-log.ts';
export { eventRoutes } from './events.routes.ts';
export { toEventView } from './events.schema.ts';
export { declareEventGauges } from './metrics.ts';
export { createEventSweep } from './sweep-events.ts';

// The append-only log of what happened. An event is written in the transaction of the change it tells of.
export { type LoggedEvent, rebaseRestoredEvents } from './event-log.queries.ts';
export { createEventLog, type EventLog } from './event-log.ts';
export { type EventType, eventTypes } from './event-types.ts';
export { appendEvent, appendEvents, insertionOfEvents, type NewEvent } from './events.queries.ts';
export { eventRoutes } from './events.routes.ts';
export { ActorView, toEventView } from './events.schema.ts';

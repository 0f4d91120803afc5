// The append-only log of what happened. An event is written in the transaction of the change it tells of.
export { appendEvent, appendEvents, type NewEvent } from './events.queries.ts';

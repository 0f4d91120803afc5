// Appends to the event log, in the transaction of the change that an event reports. `features/events` reads the log.
export {
  appendEvent,
  appendEvents,
  insertionOfEvents,
  insertionOfEventsFrom,
  type NewEvent,
} from './outbox.queries.ts';

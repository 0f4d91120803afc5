// Appends to the event log, in the transaction of the change that an event reports. Reading it is `features/events`.
export {
  appendEvent,
  appendEvents,
  insertionOfEvents,
  insertionOfEventsFrom,
  type NewEvent,
} from './outbox.queries.ts';

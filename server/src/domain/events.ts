// Appends to the event log, with the types of events that exist and the data of each. Rooms use these functions; the
// platform accepts any type.
import * as outbox from '../platform/outbox/index.ts';
import type { EventData, PinterestTrace, PostFailure, timelineKeys } from './event-data.ts';
import type { EventType } from './event-types.ts';

/** Fields of a post's events that only its timeline shows. */
type TimelineData = Partial<Record<(typeof timelineKeys)[number], unknown>>;

/** Events that callers see in the timeline of a post, or not at all. */
interface InnerEventData {
  'post.postponed': Delay;
  'post.searched': Delay;
  'post.cleared': Fields;
  'post.video_uploading': Fields;
  'post.video_delayed': Delay;
  'post.video_ready': Fields;
  'account.updated': Fields;
}

type Fields = Record<string, unknown>;

type Delay = {
  failure: PostFailure;
  pinterest?: PinterestTrace;
};

type Data = { [Type in EventType]: EventData<Type> } & InnerEventData;

/** An event type with its data. */
export type TypedData = {
  [Type in keyof Data]: {
    type: Type;
    data: Type extends `post.${string}` ? Data[Type] & TimelineData : Data[Type];
  };
}[keyof Data];

/** An event that can be appended. */
export type NewEvent = Omit<outbox.NewEvent, 'type' | 'data'> & TypedData;

/** Appends an event in the transaction of the change that it reports. */
export const appendEvent: (connection: Connection, event: NewEvent) => Promise<void> = outbox.appendEvent;

/** Appends events in the transaction of the changes that they report. */
export const appendEvents: (connection: Connection, events: readonly NewEvent[]) => Promise<void> =
  outbox.appendEvents;

/** Appends events as a part of a larger statement; see the platform's outbox. */
export const insertionOfEvents: (
  events: readonly NewEvent[],
  ...condition: Condition
) => ReturnType<typeof outbox.insertionOfEvents> = outbox.insertionOfEvents;

/**
 * Appends the events that a SELECT returns, as a part of a larger statement. TypeScript does not see their data; tests
 * compare it with its declaration, as that of every event.
 */
export const { insertionOfEventsFrom } = outbox;

type Connection = Parameters<typeof outbox.appendEvent>[0];
type Condition = Parameters<typeof outbox.insertionOfEvents> extends [unknown, ...infer Rest] ? Rest : never;

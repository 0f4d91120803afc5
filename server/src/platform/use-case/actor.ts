// Who does something, as events and logs record it.

/** What kinds of actors exist. `system`: Pintail itself, for example the worker that publishes a post at its time. */
export const actorTypes = ['key', 'user', 'review_link', 'source', 'loop', 'system'] as const;

export type ActorType = (typeof actorTypes)[number];

export interface Actor {
  type: ActorType;
  /** The id of the key or person; null for the system. */
  id: string | null;
  /** The name at the time, so that an event stays readable after a key or a person is removed. */
  name: string;
}

/** Pintail acting by itself. */
export const systemActor: Actor = { type: 'system', id: null, name: 'Pintail' };

/** Who made a change and when. Every write that appends an event takes one. */
export interface Stamp {
  actor: Actor;
  now: Date;
}

/** The value of a column `actor`. Only Pintail writes those columns, always from an `Actor`. */
export function actorFromColumn(value: unknown): Actor {
  return value as Actor;
}

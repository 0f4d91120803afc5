// The actor of a change, as events and logs record it.

/** The key, person or part of Pintail that caused a change. The domain defines the types. */
export interface Actor<Type extends string = string> {
  type: Type;
  /** The id of the key or person. Null for the system. */
  id: string | null;
  /** The name at the time of the change, so that events stay readable after a key or a person is removed. */
  name: string;
}

/** The actor of changes that no request caused, such as those of a worker. */
export const systemActor: Actor<'system'> = { type: 'system', id: null, name: 'Pintail' };

/** The actor and the time of a change. Every write that appends an event needs one. */
export interface Stamp {
  actor: Actor;
  now: Date;
}

/** Returns the value of an `actor` column with its type. Safe, because these columns are only written from an `Actor`. */
export function actorFromColumn<Type extends string>(value: unknown): Actor<Type> {
  return value as Actor<Type>;
}

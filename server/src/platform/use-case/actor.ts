// The actor of a change, as events and logs record it.

/** The actor of a change. The domain lists the types that the product uses. */
export interface Actor<Type extends string = string> {
  type: Type;
  /** The id of the key or person; null for the system. */
  id: string | null;
  /** The name at the time, so that an event stays readable after a key or a person is removed. */
  name: string;
}

/** The actor of changes that no request caused, for example of a worker. */
export const systemActor: Actor<'system'> = { type: 'system', id: null, name: 'Pintail' };

/** The actor and the time of a change. Every write that appends an event needs one. */
export interface Stamp {
  actor: Actor;
  now: Date;
}

/** The value of a column `actor`. Only Pintail writes these columns, always from an `Actor`. */
export function actorFromColumn<Type extends string>(value: unknown): Actor<Type> {
  return value as Actor<Type>;
}

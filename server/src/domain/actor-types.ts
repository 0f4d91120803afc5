// The kinds of actors that events and logs name.

/** `system` is Pintail itself, for example the worker that publishes a post at its time. */
export const actorTypes = ['key', 'user', 'review_link', 'source', 'loop', 'system'] as const;

export type ActorType = (typeof actorTypes)[number];

// The questions of post-states.ts in SQL, for a row of posts under the name that is passed in. With literals: a stored plan
// cannot see from a parameter that a partial index contains the row.
import { type RawBuilder, sql } from 'kysely';
import { statesWithDoubt } from './post-states.ts';

type Post = RawBuilder<unknown>;

const literals = (values: readonly string[]) => sql.join(values.map((value) => sql.lit(value)));

/** Whether the post was left to a worker, which publishes it at its time. */
export function isQueued(post: Post): RawBuilder<boolean> {
  return sql<boolean>`${post}.state = 'queued'`;
}

/** Whether a worker has the post right now, or died over it. */
export function isInFlight(post: Post): RawBuilder<boolean> {
  return sql<boolean>`${post}.state = 'publishing'`;
}

/** Whether a worker searches Pinterest for the post's Pin. */
export function isUnknown(post: Post): RawBuilder<boolean> {
  return sql<boolean>`${post}.state = 'unknown'`;
}

/** Whether a person has to decide about the post. */
export function isHeld(post: Post): RawBuilder<boolean> {
  return sql<boolean>`${post}.state = 'held'`;
}

/** Whether the answer to the post's create was lost and its outcome is not resolved: its twins wait. */
export function isUnresolved(post: Post): RawBuilder<boolean> {
  return sql<boolean>`(${post}.state = 'unknown' or ${post}.held_for = 'lost_answer')`;
}

/** Whether a Pin may exist that is not stored with the post: the rows of the index posts_in_flight. */
export function mayHavePin(post: Post): RawBuilder<boolean> {
  return sql<boolean>`(${post}.state in (${literals(statesWithDoubt)}) or ${post}.held_for = 'lost_answer')`;
}

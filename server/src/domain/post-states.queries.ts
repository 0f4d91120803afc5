// The questions of post-states.ts in SQL, for a row of posts under the name that is passed in. With literals: a stored plan
// cannot see from a parameter that a partial index contains the row.
import type { RawBuilder } from 'kysely';
import { sql } from '../platform/db/index.ts';
import {
  datedStatuses,
  slotStatuses,
  spacingStatuses,
  statesWithDoubt,
  statesWithoutPublication,
} from './post-states.ts';

type Post = RawBuilder<unknown>;
type Question = RawBuilder<boolean>;

const literals = (values: readonly string[]) => sql.join(values.map((value) => sql.lit(value)));

/** Whether the post was left to a worker, which publishes it at its time. */
export function isQueued(post: Post): Question {
  return sql<boolean>`${post}.state = 'queued'`;
}

/** Whether a worker has the post right now, or died over it. */
export function isInFlight(post: Post): Question {
  return sql<boolean>`${post}.state = 'publishing'`;
}

/** Whether a worker searches Pinterest for the post's Pin. */
export function isUnknown(post: Post): Question {
  return sql<boolean>`${post}.state = 'unknown'`;
}

/** Whether a person has to decide about the post. */
export function isHeld(post: Post): Question {
  return sql<boolean>`${post}.state = 'held'`;
}

/** Whether the answer to the post's create was lost and its outcome is not resolved: its twins wait. */
export function isUnresolved(post: Post): Question {
  return sql<boolean>`(${post}.state = 'unknown' or ${post}.held_for = 'lost_answer')`;
}

/** Whether a Pin may exist that is not stored with the post: the rows of the index posts_in_flight. */
export function mayHavePin(post: Post): Question {
  return sql<boolean>`(${post}.state in (${literals(statesWithDoubt)}) or ${post}.held_for = 'lost_answer')`;
}

/** Whether nothing, such as a video, is uploaded for the post unless a person schedules it. */
export function awaitsNoPublication(post: Post): Question {
  return sql<boolean>`${post}.state in (${literals(statesWithoutPublication)})`;
}

// The questions below ask for the status, which the index posts_listed is ordered by.

/** Whether callers see the post as queued: it is, or it was missed and is held. */
export function isShownAsQueued(post: Post): Question {
  return sql<boolean>`${post}.status = 'queued'`;
}

/** Whether the Pin exists and is stored with the post. */
export function isSent(post: Post): Question {
  return sql<boolean>`${post}.status = 'sent'`;
}

/** Whether the post was refused for a reason that waiting does not fix. */
export function isFailed(post: Post): Question {
  return sql<boolean>`${post}.status = 'failed'`;
}

/** Whether the post takes the timeslot at its time. */
export function takesSlot(post: Post): Question {
  return sql<boolean>`${post}.status in (${literals(slotStatuses)})`;
}

/** Whether the post counts for the distance between posts with one destination. */
export function countsForSpacing(post: Post): Question {
  return sql<boolean>`${post}.status in (${literals(spacingStatuses)})`;
}

/** Whether the post has a place in the dated schedule. */
export function isDated(post: Post): Question {
  return sql<boolean>`${post}.status in (${literals(datedStatuses)})`;
}

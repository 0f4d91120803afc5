// The states of a post, and the questions that rooms ask about them. post-states.queries.ts has the same questions in
// SQL, from the same lists. The moves between the states are those of posts/record/lifecycle.ts.

/** The stored states. docs/lifecycle.md explains each. */
export const postStates = ['draft', 'queued', 'publishing', 'sent', 'failed', 'unknown', 'held'] as const;
export type PostState = (typeof postStates)[number];

/** Why a post is held. */
export const heldReasons = ['missed', 'lost_answer'] as const;
export type HeldReason = (typeof heldReasons)[number];

/** A state, and for a held post the reason: together they decide what may happen to the post. */
export interface PostSituation {
  state: PostState;
  held_for: HeldReason | null;
}

/** The statuses that callers see. */
export const postStatuses = ['draft', 'queued', 'uploading', 'sent', 'failed'] as const;
export type PostStatus = (typeof postStatuses)[number];

/** Of posts that no worker has and of which no Pin may exist. */
export const statesAtRest = ['draft', 'queued', 'failed'] as const satisfies PostState[];

/** Of posts of which Pinterest was asked for the Pin, and the answer is not stored: a Pin may exist. */
export const statesWithDoubt = ['publishing', 'unknown'] as const satisfies PostState[];

/** Whether the post may be edited and deleted: no worker has it, and surely no Pin exists. */
export function isAtRest({ state, held_for }: PostSituation): boolean {
  return includes(statesAtRest, state) || held_for === 'missed';
}

/** Whether a worker has the post right now, or died over it. */
export function isInFlight({ state }: Pick<PostSituation, 'state'>): boolean {
  return state === 'publishing';
}

/** Whether a worker searches Pinterest for the post's Pin. */
export function isUnknown({ state }: Pick<PostSituation, 'state'>): boolean {
  return state === 'unknown';
}

/** Whether the answer to the post's create was lost and its outcome is not resolved: its twins wait. */
export function isUnresolved({ state, held_for }: PostSituation): boolean {
  return state === 'unknown' || held_for === 'lost_answer';
}

/** Whether a Pin may exist that is not stored with the post. Such a post counts for the limits of its account. */
export function mayHavePin({ state, held_for }: PostSituation): boolean {
  return includes(statesWithDoubt, state) || held_for === 'lost_answer';
}

/** The status of a post in this situation, as the column posts.status computes it. */
export function statusOf({ state, held_for }: PostSituation): PostStatus {
  switch (state) {
    case 'publishing':
    case 'unknown':
      return 'uploading';
    case 'held':
      return held_for === 'missed' ? 'queued' : 'uploading';
    default:
      return state;
  }
}

function includes(states: readonly PostState[], state: PostState): boolean {
  return states.includes(state);
}

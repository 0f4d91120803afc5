// The states of a post, and the questions that rooms ask about them. post-states.queries.ts asks the same questions in SQL,
// from the same lists. The moves between the states are those of posts/record/lifecycle.ts.

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

/** States in which no worker has the post and it certainly has no Pin. Held missed posts count too. */
export const statesAtRest = ['draft', 'queued', 'failed'] as const satisfies PostState[];

/** States in which a Pin may exist that is not stored. Posts held for a lost answer count too. */
export const statesWithDoubt = ['publishing', 'unknown'] as const satisfies PostState[];

/** States in which nothing, such as a video, is uploaded for the post unless a person schedules it. */
export const statesWithoutPublication = ['draft', 'sent', 'failed'] as const satisfies PostState[];

/** Statuses of posts that take the timeslot at their time. */
export const slotStatuses = ['queued', 'uploading'] as const satisfies PostStatus[];

/** Statuses of posts that count for the spacing of their destination. */
export const spacingStatuses = [...slotStatuses, 'sent'] as const satisfies PostStatus[];

/** Statuses of posts that the dated schedule shows. */
export const datedStatuses = [...spacingStatuses, 'failed'] as const satisfies PostStatus[];

type WithState = Pick<PostSituation, 'state'>;

/** Whether the post is stored and not scheduled. */
export function isDraft({ state }: WithState): boolean {
  return state === 'draft';
}

/** Whether a worker has the post right now, or died over it. */
export function isInFlight({ state }: WithState): boolean {
  return state === 'publishing';
}

/** Whether a worker searches Pinterest for the post's Pin. */
export function isUnknown({ state }: WithState): boolean {
  return state === 'unknown';
}

/** Whether the post may be edited and deleted: no worker has it, and surely no Pin exists. */
export function isAtRest({ state, held_for }: PostSituation): boolean {
  return includes(statesAtRest, state) || held_for === 'missed';
}

/** Whether the answer to the post's create was lost and its outcome is not resolved: its twins wait. */
export function isUnresolved({ state, held_for }: PostSituation): boolean {
  return state === 'unknown' || held_for === 'lost_answer';
}

/** Whether a Pin may exist that is not stored with the post. Such a post counts for the limits of its account. */
export function mayHavePin({ state, held_for }: PostSituation): boolean {
  return includes(statesWithDoubt, state) || held_for === 'lost_answer';
}

/** The state of a new post: queued when it has a time, and otherwise a draft. */
export function stateOfNew(sendAt: Date | null) {
  return sendAt ? 'queued' : 'draft';
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

type WithStatus = { status: PostStatus };

/** Whether callers see the post as queued: it is, or it was missed and is held. */
export function isShownAsQueued({ status }: WithStatus): boolean {
  return status === 'queued';
}

/** Publishing takes a moment: a queued post is missed a minute after its time. */
const missedAfterMs = 60_000;

/** Posts whose time is this or earlier, and that callers see as queued, are missed. */
export function missedBefore(now: Date): Date {
  return new Date(now.getTime() - missedAfterMs);
}

/** Whether the post is missed. */
export function isMissed(post: WithStatus & { send_at: Date | null }, now: Date): boolean {
  return isShownAsQueued(post) && post.send_at !== null && post.send_at <= missedBefore(now);
}

/** Whether the post takes the timeslot at its time. */
export function takesSlot({ status }: WithStatus): boolean {
  return includes(slotStatuses, status);
}

function includes<Name extends string>(names: readonly Name[], name: string): name is Name {
  return names.some((known) => known === name);
}

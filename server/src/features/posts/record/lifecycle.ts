// The life of a post: its states, and which move leads from which to which. Pure; move.ts writes the result.
import {
  type HeldReason,
  heldReasons,
  type PostSituation,
  type PostState,
} from '../../../domain/post-states.ts';

/**
 * Each state as docs/lifecycle.md explains it: how a post enters it, and how it leaves.
 *
 * The line between queued and publishing is the line between "do it again" and "a Pin may exist". Before it a worker
 * reads the media without a mark: a worker that dies there leaves nothing to clean up, and until then the post is still
 * its owner's to change. Behind it, nothing leads to another create without Pinterest's word, a search or a person's
 * decision that no Pin was created.
 */
export const stateNotes: Record<PostState, string> = {
  draft:
    'Stored and not scheduled. A person creates a post without a time, or unschedules one; disconnecting an account unschedules its queue. It leaves when a person schedules it.',
  queued:
    'Scheduled, and published automatically by a worker at its `runAt`. A person schedules a draft, a failed or a missed post; a worker returns a post here when Pinterest surely created nothing (`postpone`), or when no Pin was found for a lost answer (`clear`). It leaves for `publishing` at its time, for `failed` when it cannot be published, and for `held` when it was missed and the account holds missed posts. Until then a person can reschedule, unschedule, edit and delete it.',
  publishing:
    'A create request may have reached Pinterest. Only the worker with the lease of the lane moves a post in and out: it stores this state before the request, and the answer after it. A worker that finds a post here when it leases the lane knows that its predecessor died, and moves the post to `unknown`.',
  sent: 'The Pin exists and is stored with the post. A worker moves the post here when Pinterest confirms the create, or when the search finds the Pin of a lost answer; a person by naming the Pin. Nothing leads out: the Pin is deleted on Pinterest.',
  failed:
    'Pinterest or Pintail refused the post for a reason that waiting does not fix, stored as its `failure`. Only a worker moves a post here. A person schedules it again, makes it a draft, edits or deletes it.',
  unknown:
    'The answer to the create request was lost: the Pin may exist. A worker moves a post here when no answer came or the process died, and `restore` moves posts here that a backup cannot answer for (`doubt`). Workers search Pinterest at increasing intervals (`searchAgain`), and create nothing meanwhile. One match leads to `sent`, no match to `queued`, and a search that cannot decide to `held`. A person may resolve it earlier.',
  held: 'A person is needed: nothing happens to the post until somebody decides. `held_for` stores why. `missed`: the post was overdue when its account could publish again, and the account holds missed posts; a person schedules, unschedules, edits or deletes it. `lost_answer`: the search for a lost Pin ended without a result; a person resolves the post by naming its Pin or by stating that there is none.',
};

/** Each move as `Step` in move.ts describes it. */
export const moves = [
  'schedule',
  'unschedule',
  'miss',
  'mediaReady',
  'accept',
  'postpone',
  'refuse',
  'lose',
  'doubt',
  'searchAgain',
  'giveUp',
  'find',
  'clear',
] as const;
export type Move = (typeof moves)[number];

const table: Record<Exclude<PostState, 'held'>, Partial<Record<Move, PostState>>> = {
  draft: { schedule: 'queued' },
  queued: {
    schedule: 'queued',
    unschedule: 'draft',
    mediaReady: 'publishing',
    miss: 'held',
    postpone: 'queued',
    refuse: 'failed',
    doubt: 'unknown',
  },
  publishing: { accept: 'sent', postpone: 'queued', refuse: 'failed', lose: 'unknown' },
  sent: {},
  failed: { schedule: 'queued', unschedule: 'draft' },
  unknown: { searchAgain: 'unknown', find: 'sent', clear: 'queued', giveUp: 'held' },
};

/** The decisions of a person. A post of which a Pin may exist is never scheduled as if nothing had been sent. */
const decisions: Record<HeldReason, Partial<Record<Move, PostState>>> = {
  missed: { schedule: 'queued', unschedule: 'draft' },
  lost_answer: { find: 'sent', clear: 'queued' },
};

const reasonOf: Partial<Record<Move, HeldReason>> = { miss: 'missed', giveUp: 'lost_answer' };

/** Where `move` leads from `situation`; undefined when it is not allowed there. */
export function afterMove({ state, held_for }: PostSituation, move: Move): PostSituation | undefined {
  const ways = state === 'held' ? held_for && decisions[held_for] : table[state];
  const to = ways?.[move];
  return to && { state: to, held_for: reasonOf[move] ?? null };
}

/** Every situation of a post, for documentation and tests. */
export const situations: readonly PostSituation[] = [
  ...Object.keys(table).map((state) => ({ state: state as keyof typeof table, held_for: null })),
  ...heldReasons.map((reason) => ({ state: 'held' as const, held_for: reason })),
];

/** Every allowed move, for documentation and tests. */
export function allowedMoves(): { from: PostSituation; move: Move; to: PostSituation }[] {
  return situations.flatMap((from) =>
    moves.flatMap((move) => {
      const to = afterMove(from, move);
      return to ? [{ from, move, to }] : [];
    }),
  );
}

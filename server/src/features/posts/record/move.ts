// Moves posts. Every change of a state is written here: the lifecycle table allows it, a guarded write makes sure that the
// post is as it was read, and the event is written in the same statement.
import type { RawBuilder } from 'kysely';
import type { PinterestTrace, PostFailure } from '../../../domain/event-data.ts';
import { appendEvents } from '../../../domain/events.ts';
import {
  type HeldReason,
  type PostSituation,
  type PostState,
  stateOfNew,
} from '../../../domain/post-states.ts';
import { json, type Tx } from '../../../platform/db/index.ts';
import type { Stamp } from '../../../platform/use-case/index.ts';
import { lowerWake } from '../../lanes/index.ts';
import { afterMove, type Move } from './lifecycle.ts';
import { matchKey } from './match-key.ts';
import { eventOfMove } from './move-event.ts';
import { postCannot, postChanged } from './posts.errors.ts';
import {
  lockQueuedIds,
  type PostChange,
  type PostRow,
  type PostWrite,
  updateLockedRows,
  type Written,
  type WrittenRow,
  writePost,
  writingOf,
} from './posts.queries.ts';
import type { Step } from './step.ts';

export type { PinterestTrace, PostFailure, Step };

/** The data of the event of a move, a creation, an edit or a deletion, with dates as text. */
export interface PostEventData {
  move?: Move;
  /** The attempt that the event belongs to, if any. */
  attempt?: number;
  failure?: PostFailure;
  pinterest?: PinterestTrace;
  pinId?: string;
  sendAt?: string | null;
  counts?: boolean;
  found?: number;
  byHand?: boolean;
  shifted?: boolean;
  /** The columns that an edit changed. */
  changed?: string[];
}

/**
 * Moves a post.
 * @throws postCannot when the lifecycle does not allow it, postChanged when the post was changed since it was read.
 */
export async function movePost(tx: Tx, post: PostRow, step: Step, stamp: Stamp): Promise<PostRow> {
  const { now } = stamp;
  const moved = written(await writePost(tx, post, moveOf(post, step, stamp)));
  if (step.move === 'schedule') await lowerWake(tx, moved.account_id, step.sendAt, now);
  if (step.move === 'doubt') await lowerWake(tx, moved.account_id, step.lookAt, now);
  return moved;
}

/**
 * SQL: moves a post for a worker if `guard` returns a row. readWritten evaluates the result, and kindOfWritten if it is the
 * id alone. It wakes no lane, because the worker finds the next post when it releases the lane.
 * @throws postCannot when the lifecycle does not allow it.
 */
export function movingIf(
  guard: RawBuilder<unknown>,
  { post, step, stamp, ...rest }: { post: PostRow; step: Step; stamp: Stamp; answersWithId?: boolean },
): RawBuilder<WrittenRow> {
  return writingOf(post, { ...moveOf(post, step, stamp), guard, ...rest });
}

/** Returns the change that a refusal names. Moves that no caller requests by name resolve the outcome of a post. */
function callersWordFor(move: Move): keyof typeof notAllowed {
  return move === 'schedule' || move === 'unschedule' ? move : 'resolve';
}

/** The change and the event of a move. */
function moveOf(post: PostRow, step: Step, { now, actor }: Stamp): PostWrite {
  const to = afterMove(post, step.move);
  if (!to) throw cannot(post, callersWordFor(step.move));
  const change = changeOf(post, step, now);
  return {
    change: { ...toColumns(change), ...to, updated_at: now },
    event: {
      organizationId: post.organization_id,
      accountId: post.account_id,
      postId: post.id,
      at: now,
      actor,
      ...eventOfMove({ send_at: post.send_at, attempts: post.attempts, ...change }, { from: post, to, step }),
    },
    hasNewWords: change.board_id !== undefined && change.board_id !== post.board_id,
  };
}

/** Returns the post of a write without a guard, which fails only if the post was changed since it was read. */
export function written(result: Written): PostRow {
  if (result.kind !== 'written') throw postChanged();
  return result.post;
}

/** The posts of one statement, which then lasts a second at most. */
const unscheduledAtOnce = 5000;

const wasUnscheduled: PostSituation = { state: stateOfNew(null), held_for: null };

/**
 * Makes drafts of every queued and every missed post of an account, as the move `unschedule` does with a single post.
 * Returns their number.
 */
export async function unscheduleAll(
  tx: Tx,
  account: Pick<PostRow, 'account_id' | 'organization_id'>,
  { now, actor }: Stamp,
): Promise<number> {
  const change = { ...unscheduled, ...wasUnscheduled, updated_at: now };
  const event = eventOfMove(
    { ...unscheduled, attempts: 0 },
    { from: wasUnscheduled, to: wasUnscheduled, step: { move: 'unschedule' } },
  );
  let count = 0;
  for (;;) {
    const ids = await lockQueuedIds(tx, account, unscheduledAtOnce);
    if (ids.length === 0) return count;
    await updateLockedRows(tx, ids, change);
    count += ids.length;
    await appendEvents(
      tx,
      ids.map((postId) => ({
        organizationId: account.organization_id,
        accountId: account.account_id,
        postId,
        at: now,
        actor,
        ...event,
      })),
    );
  }
}

/** The columns of a move, as they are read afterwards. */
type MovedColumns = Partial<Omit<PostRow, 'carousel' | 'status' | 'listed_at'>>;

const unscheduled = { send_at: null, run_at: null, failure: null } satisfies MovedColumns;

/** Returns the columns that a move sets, besides the state. */
export function changeOf(post: PostRow, step: Step, now: Date): MovedColumns {
  switch (step.move) {
    case 'schedule':
      return {
        send_at: step.sendAt,
        run_at: step.sendAt,
        board_id: step.boardId,
        // A section belongs to its board.
        ...(step.boardId !== post.board_id && { board_section_id: null }),
        match_key: matchKey(toMatchable({ ...post, board_id: step.boardId })),
        failure: null,
        postponements: 0,
        looks: 0,
      };
    case 'unschedule':
      return unscheduled;
    case 'miss':
      return { run_at: null, failure: stamped(step.failure, now) };
    case 'mediaReady':
      return { run_at: null, attempts: post.attempts + 1, attempt_started_at: now };
    case 'accept':
      return { pin_id: step.pinId, sent_at: now, failure: null };
    case 'postpone':
      return {
        run_at: step.runAt,
        failure: stamped(step.failure, now),
        postponements: post.postponements + 1,
      };
    case 'refuse':
      return { run_at: null, failure: stamped(step.failure, now) };
    case 'lose':
      return { run_at: step.lookAt, looks: 0, failure: stamped(step.failure, now) };
    case 'doubt':
      // Its Pin cannot be older than the backup, which did not contain one.
      return {
        run_at: step.lookAt,
        looks: 0,
        attempt_started_at: step.since,
        failure: stamped(step.failure, now),
      };
    case 'look':
      return {
        run_at: step.lookAt,
        looks: post.looks + (step.counts ? 1 : 0),
        failure: stamped(step.failure, now),
      };
    case 'giveUp':
      return { run_at: null, looks: post.looks + 1, failure: stamped(step.failure, now) };
    case 'find':
      // It was published when it was requested, not when it was found; after a restored backup: when it was due.
      return {
        pin_id: step.pinId,
        sent_at: laterOf(post.attempt_started_at, post.send_at),
        run_at: null,
        failure: null,
      };
    case 'clear':
      return { run_at: now, looks: 0, postponements: 0, failure: null };
  }
}

function laterOf(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

function toMatchable(post: Pick<PostRow, 'board_id' | 'title' | 'description' | 'url' | 'alt_text'>) {
  return {
    boardId: post.board_id,
    title: post.title,
    description: post.description,
    url: post.url,
    altText: post.alt_text,
  };
}

function stamped(failure: PostFailure, now: Date) {
  return { ...failure, at: now.toISOString() };
}

/** Returns the columns as they are written: JSON has to be wrapped. */
function toColumns({ failure, ...rest }: MovedColumns): PostChange {
  if (failure === undefined) return rest;
  return { ...rest, failure: failure === null ? null : json(failure) };
}

const whatCanBeDone: Record<PostState | HeldReason, string> = {
  draft: 'It is a draft: schedule, edit or delete it.',
  queued: 'It is queued: reschedule, unschedule, edit or delete it.',
  publishing: 'It is being published right now. GET the post in a moment.',
  sent: 'It is published. To remove it, delete the Pin on Pinterest.',
  failed: 'It failed: schedule it again, edit or delete it.',
  unknown:
    'The answer to its create request was lost: Pintail searches Pinterest for the Pin. Resolve it with POST …/resolve if you know the outcome.',
  held: 'It is held: a person has to decide about it.',
  missed: 'It was missed and is held: schedule, unschedule, edit or delete it.',
  lost_answer:
    'It is held, because its Pin may exist. Look on the board, then resolve it with POST …/resolve.',
};

/** The detail code of each change that a post's situation may not allow. */
const notAllowed = {
  schedule: 'schedule_not_allowed',
  unschedule: 'unschedule_not_allowed',
  edit: 'edit_not_allowed',
  delete: 'delete_not_allowed',
  resolve: 'resolve_not_allowed',
} as const;

/** Returns the refusal of a change that the post's situation does not allow. */
export function cannot({ state, held_for }: PostSituation, what: keyof typeof notAllowed) {
  const message = whatCanBeDone[held_for ?? state];
  return postCannot([{ path: '', code: notAllowed[what], message }]);
}

// Moves posts. Every change of a state is written here: the lifecycle table allows it, a guarded write makes sure that the
// post is as it was read, and the event is written in the same statement.
import type { RawBuilder } from 'kysely';
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
import { changeOf, type MovedColumns, unscheduled } from './move-columns.ts';
import { eventOfMove } from './move-event.ts';
import { postCannot, postChanged } from './posts.errors.ts';
import { lockQueuedPosts, type PostChange, type PostRow } from './posts.queries.ts';
import type { Step } from './step.ts';
import {
  kindOfWritten,
  type PostWrite,
  readWritten,
  updateLockedRows,
  type Written,
  type WrittenRow,
  writePost,
  writingOf,
} from './write.queries.ts';

export { kindOfWritten, readWritten, type WrittenRow };

/**
 * Moves a post.
 * @throws postCannot when the lifecycle does not allow it, postChanged when the post was changed since it was read.
 */
export async function movePost(tx: Tx, post: PostRow, step: Step, stamp: Stamp): Promise<PostRow> {
  const { now } = stamp;
  const moved = written(await writePost(tx, post, moveOf(post, step, stamp)));
  if (step.move === 'schedule') await lowerWake(tx, moved.account_id, step.sendAt, now);
  if (step.move === 'doubt') await lowerWake(tx, moved.account_id, step.confirmAt, now);
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
      ...eventOfMove({ ...rowOfEvent(post), ...change }, { from: post, to, step }),
    },
    hasNewWords: change.board_id !== undefined && change.board_id !== post.board_id,
  };
}

function rowOfEvent({ send_at, attempts, external_id }: PostRow) {
  return { send_at, attempts, external_id };
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
  const eventOf = (externalId: string | null) =>
    eventOfMove(
      { ...unscheduled, attempts: 0, external_id: externalId },
      { from: wasUnscheduled, to: wasUnscheduled, step: { move: 'unschedule' } },
    );
  let count = 0;
  for (;;) {
    const posts = await lockQueuedPosts(tx, account, unscheduledAtOnce);
    if (posts.length === 0) return count;
    const ids = posts.map(({ id }) => id);
    await updateLockedRows(tx, ids, change);
    count += ids.length;
    await appendEvents(
      tx,
      posts.map(({ id: postId, external_id }) => ({
        organizationId: account.organization_id,
        accountId: account.account_id,
        postId,
        at: now,
        actor,
        ...eventOf(external_id),
      })),
    );
  }
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

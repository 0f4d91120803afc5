// What becomes of posts that cannot go out at their time: those of a paused account, and those that were missed.

import { addMs, type Clock } from '../../../platform/clock.ts';
import type { AccountRow } from '../../accounts/index.ts';
import { lateAfterMs } from '../../lanes/index.ts';
import type { PostFailure, PostRow } from '../../posts/index.ts';
import type { LaneStore } from '../lane/lane-store.ts';
import type { HeldLane } from './held-lane.ts';

export interface PauseParts {
  clock: Clock;
  lanes: LaneStore;
  /** The first occurrence of any of the account's timeslots after a moment; null when it has none. */
  nextTimeslot(account: AccountRow, after: Date): Promise<Date | null>;
}

/** Whether a queued post was due long before the account had service again. */
export function isMissed(post: Pick<PostRow, 'run_at'>, lane: Pick<HeldLane, 'awayUntil'>): boolean {
  if (post.run_at === null || lane.awayUntil === null) return false;
  return post.run_at < addMs(lane.awayUntil, -lateAfterMs);
}

/** A post has fallen due while its account is paused. Where the pause only holds the queue, none does. */
export async function meetPause(
  parts: PauseParts,
  { lane, account, post }: { lane: HeldLane; account: AccountRow; post: PostRow },
): Promise<void> {
  if (account.paused_policy === 'fail') await lane.move(post, { move: 'refuse', failure: paused });
  else await shiftQueue(parts, lane, account);
}

/** How long a queue that cannot be moved rests before it is tried again; resuming wakes it at once. */
const heldRestMs = 15 * 60 * 1000;

/**
 * Moves what is due to the next timeslot, and what comes after it as far as there is no room, so that the order
 * stays and nothing goes out earlier than it was to. From the end, so that the order is right at every moment.
 */
async function shiftQueue(parts: PauseParts, lane: HeldLane, account: AccountRow): Promise<void> {
  const now = parts.clock.now();
  const moves: { post: PostRow; boardId: string; sendAt: Date }[] = [];
  let taken = now;
  for (const post of await parts.lanes.listQueue(account.id)) {
    // The constraint scheduled_is_complete sees to both.
    if (post.send_at === null || post.board_id === null) throw new Error(`post ${post.id} is not complete`);
    if (post.send_at > taken) break;
    const sendAt = await parts.nextTimeslot(account, taken);
    if (sendAt === null) {
      lane.queueNotBefore = addMs(now, heldRestMs);
      return;
    }
    moves.push({ post, boardId: post.board_id, sendAt });
    taken = sendAt;
  }
  for (const { post, ...to } of moves.toReversed()) {
    // Somebody has changed the post meanwhile: the next turn sees how.
    if (!(await lane.move(post, { move: 'schedule', ...to, shifted: true }))) return;
  }
}

const paused: PostFailure = {
  code: 'publishing_paused',
  message: 'The post fell due while publishing was paused for its account.',
  remediation: 'Resume publishing, then schedule the post again.',
  retryable: true,
};

export const missed: PostFailure = {
  code: 'missed',
  message:
    'The post was not published at its time: Pintail was not running, or could not act for the account.',
  remediation: 'Schedule it again, for now or for another time. The account is set to hold missed posts.',
  retryable: true,
};

// Posts that cannot be published at their time: those of a paused account, and those that were missed.

import { addMs, type Clock } from '../../../platform/clock.ts';
import type { AccountRow } from '../../accounts/index.ts';
import { lateAfterMs } from '../../lanes/index.ts';
import type { PostFailure, PostRow } from '../../posts/index.ts';
import type { LaneStore, PlannedMove } from '../lane/lane-store.ts';
import type { LeasedLane } from './leased-lane.ts';
import { type Served, served } from './served.ts';

export interface PauseParts {
  clock: Clock;
  lanes: LaneStore;
  /** The first occurrence of any of the account's timeslots after a moment; null when it has none. */
  nextTimeslot(account: AccountRow, after: Date): Promise<Date | null>;
}

/** Whether a queued post was due long before the account had service again. */
export function isMissed(post: Pick<PostRow, 'run_at'>, lane: Pick<LeasedLane, 'awayUntil'>): boolean {
  if (post.run_at === null || lane.awayUntil === null) return false;
  return post.run_at < addMs(lane.awayUntil, -lateAfterMs);
}

/** A post has become due while its account is paused. With the paused policy `hold` this does not happen. */
export async function meetPause(
  parts: PauseParts,
  { account, post }: { account: AccountRow; post: PostRow },
): Promise<Served> {
  if (account.paused_policy === 'fail') return served(post, { move: 'refuse', failure: paused });
  return shiftQueue(parts, account);
}

/** How long a queue without a timeslot to move to rests before the next try; resuming wakes it at once. */
const queueRestMs = 15 * 60 * 1000;

/**
 * Moves what is due to the next timeslot, and the posts after it as far as there is no room, so that the order is
 * unchanged and nothing is published earlier than planned. From the end, so that the order is right after each move.
 */
async function shiftQueue({ clock, lanes, nextTimeslot }: PauseParts, account: AccountRow): Promise<Served> {
  const now = clock.now();
  const steps: PlannedMove[] = [];
  let taken = now;
  for (const post of await lanes.listQueue(account.id)) {
    // The constraint scheduled_is_complete guarantees both.
    if (post.send_at === null || post.board_id === null) throw new Error(`post ${post.id} is not complete`);
    if (post.send_at > taken) break;
    const sendAt = await nextTimeslot(account, taken);
    if (sendAt === null) return { steps: [], rest: { queueNotBefore: addMs(now, queueRestMs) } };
    steps.push({ post, step: { move: 'schedule', sendAt, boardId: post.board_id, shifted: true } });
    taken = sendAt;
  }
  return { steps: steps.reverse(), rest: {} };
}

const paused: PostFailure = {
  code: 'publishing_paused',
  message: 'The post became due while publishing was paused for its account.',
  remediation: 'Resume publishing, then schedule the post again.',
  retryable: true,
};

export const missed: PostFailure = {
  code: 'missed',
  message:
    'The post was not published at its time: Pintail was not running, or could not publish for the account.',
  remediation:
    'Schedule the post again, for now or for another time. The account is set to hold missed posts.',
  retryable: true,
};

// Posts that cannot be published at their time: posts of paused accounts, and missed posts.

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
  /** Finds the first occurrence of the account's timeslots after a time; null if it has no timeslots. */
  nextTimeslot(account: AccountRow, after: Date): Promise<Date | null>;
}

/** Returns whether a queued post was due more than `lateAfterMs` before the account was served again. */
export function isMissed(post: Pick<PostRow, 'run_at'>, lane: Pick<LeasedLane, 'awayUntil'>): boolean {
  if (post.run_at === null || lane.awayUntil === null) return false;
  return post.run_at < addMs(lane.awayUntil, -lateAfterMs);
}

/** Fails or moves a post that became due while its account is paused. Not called with the paused policy `hold`. */
export async function meetPause(
  parts: PauseParts,
  { account, post }: { account: AccountRow; post: PostRow },
): Promise<Served> {
  if (account.paused_policy === 'fail') return served(post, { move: 'refuse', failure: paused });
  return shiftQueue(parts, account);
}

/** How long to wait if there is no timeslot to move posts to; resuming the account wakes its lane immediately. */
const queueRestMs = 15 * 60 * 1000;

/**
 * Moves due posts to the next timeslots, and later posts only where they would be overtaken. The order is unchanged,
 * and no post is published earlier than planned. The moves start with the last post, so that the order holds after
 * each.
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

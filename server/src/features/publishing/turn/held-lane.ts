// A lane as a worker holds it: every write goes through here, and none succeeds after a takeover.
import type { Clock } from '../../../platform/clock.ts';
import type { PostRow, Step } from '../../posts/index.ts';
import type { ClaimedLane } from '../lane/claim.queries.ts';
import type { LaneStore, LastMove } from '../lane/lane-store.ts';
import type { PublishMetrics } from './publish-metrics.ts';

export interface HeldLane extends ClaimedLane {
  /**
   * Moves a post, if the lane is still ours and the post is as we read it.
   * Null: the lane was lost (stop) or someone changed the post (look again).
   */
  move(post: PostRow, step: Step): Promise<PostRow | null>;
  /** The move with which the lane is let go of. */
  last: LastMove | null;
  /** Lets go of the lane, and makes the last move with it. Whoever finds that it has lost the lane changes nothing. */
  release(): Promise<void>;
  /** Raised by what Pinterest says, and by troubles: nothing of this account before then. */
  notBefore: Date | null;
  /** No queued post of this account before then; lost answers are looked for. */
  queueNotBefore: Date | null;
  /** The account could not be served: what is due meanwhile is missed. */
  isAway: boolean;
  /** The lease is gone: whatever is under way must not go on. */
  isLost: boolean;
  /** Until when nobody else can take the lane. */
  leaseUntil: Date;
  /**
   * Whether the lease still runs, by our own clock. To be asked before anything that cannot be undone: a process
   * that was suspended may wake up after others have settled what it was about to do.
   */
  isHeld(): boolean;
}

export function holdLaneFor(
  lane: ClaimedLane,
  leaseUntil: Date,
  { lanes, clock, metrics }: { lanes: LaneStore; clock: Clock; metrics: PublishMetrics },
): HeldLane {
  const held: HeldLane = {
    ...lane,
    last: null,
    notBefore: null,
    queueNotBefore: null,
    isAway: false,
    isLost: false,
    leaseUntil,
    isHeld: () => !held.isLost && clock.now() < held.leaseUntil,
    async move(post, step) {
      if (held.isLost) return null;
      const moved = await lanes.move(lane, post, step, clock.now());
      if (moved.kind === 'lane_lost') held.isLost = true;
      if (moved.kind !== 'moved') return null;
      metrics.moved(post, step);
      return moved.post;
    },
    async release() {
      const { notBefore, queueNotBefore, isAway, last } = held;
      const rest = { notBefore, queueNotBefore, isAway, now: clock.now() };
      const moved = await lanes.release(lane, rest, last ?? undefined);
      if (last && moved === 'moved') metrics.moved(last.post, last.step);
    },
  };
  return held;
}

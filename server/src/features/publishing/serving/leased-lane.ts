// A leased lane, as its worker uses it. The worker's writes go through here with the fence of the lease, so that none
// succeeds after another worker has leased the lane.
import type { Clock } from '../../../platform/clock.ts';
import type { Lease } from '../../../platform/work/lease.ts';
import type { LaneRest } from '../../lanes/index.ts';
import type { PostRow } from '../../posts/index.ts';
import type { ClaimedLane } from '../lane/claim-lanes.queries.ts';
import type { LaneStore, PlannedMove } from '../lane/lane-store.ts';
import type { PublishMetrics } from './publish-metrics.ts';

/** A lease, and the operations that a worker can perform under it. */
export interface LeasedLane extends ClaimedLane {
  /** See `Lease.isHeld`. */
  isHeld(): boolean;
  /**
   * Moves a post.
   * @returns The post as written; null if the lane has been leased again, or the post has changed since it was read.
   */
  move(planned: PlannedMove): Promise<PostRow | null>;
  /** Releases the lane, in one transaction with the last move. Changes nothing if the lane has been leased again. */
  release(rest: Omit<LaneRest, 'now'>, last?: PlannedMove): Promise<void>;
}

/** Creates the leased lane for a lane that was just claimed. */
export function leasedLane(
  lane: ClaimedLane,
  lease: Lease,
  { lanes, clock, metrics }: { lanes: LaneStore; clock: Clock; metrics: PublishMetrics },
): LeasedLane {
  return {
    ...lane,
    isHeld: lease.isHeld,
    async move({ post, step }) {
      const moved = await lanes.move(lane, post, step, clock.now());
      if (moved.kind === 'lane_lost') lease.lose();
      if (moved.kind !== 'moved') return null;
      metrics.moved(post, step);
      return moved.post;
    },
    async release(rest, last) {
      const moved = await lanes.release(lane, { ...rest, now: clock.now() }, last);
      if (last && moved === 'moved') metrics.moved(last.post, last.step);
    },
  };
}

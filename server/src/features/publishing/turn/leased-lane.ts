// A lane in the hand of the worker that has its lease. Every write goes through here under the lease's fence, so that
// none succeeds after another worker has leased the lane.
import type { Clock } from '../../../platform/clock.ts';
import type { LaneRest } from '../../lanes/index.ts';
import type { PostRow } from '../../posts/index.ts';
import type { ClaimedLane } from '../lane/claim.queries.ts';
import type { LaneStore, PlannedMove } from '../lane/lane-store.ts';
import type { PublishMetrics } from './publish-metrics.ts';

/** A lease, with what a worker may do under it. */
export interface LeasedLane extends ClaimedLane {
  /**
   * Whether the lease is valid, by our own clock. Call it before anything that cannot be undone: a process that was
   * suspended may wake up after other workers have resolved what it was about to do. Once false it stays false.
   */
  isHeld(): boolean;
  /**
   * Moves a post now.
   * @returns The post as written; null if another lease has followed, or if somebody changed the post since it was read.
   */
  move(planned: PlannedMove): Promise<PostRow | null>;
  /** Releases the lane, in one transaction with the last move. Changes nothing if another lease has followed. */
  release(rest: Omit<LaneRest, 'now'>, last?: PlannedMove): Promise<void>;
}

/** What the worker tells a lease about its renewals. */
export interface LaneTerm extends LeasedLane {
  renewed(until: Date): void;
  lost(): void;
}

/** The lease of a lane that was just claimed. */
export function leasedLane(
  lane: ClaimedLane,
  leaseUntil: Date,
  { lanes, clock, metrics }: { lanes: LaneStore; clock: Clock; metrics: PublishMetrics },
): LaneTerm {
  let until = leaseUntil;
  let isLost = false;
  return {
    ...lane,
    isHeld() {
      isLost ||= clock.now() >= until;
      return !isLost;
    },
    async move({ post, step }) {
      const moved = await lanes.move(lane, post, step, clock.now());
      if (moved.kind === 'lane_lost') isLost = true;
      if (moved.kind !== 'moved') return null;
      metrics.moved(post, step);
      return moved.post;
    },
    async release(rest, last) {
      const moved = await lanes.release(lane, { ...rest, now: clock.now() }, last);
      if (last && moved === 'moved') metrics.moved(last.post, last.step);
    },
    renewed(renewedUntil) {
      // A later renewal may have been answered before this one.
      if (renewedUntil > until) until = renewedUntil;
    },
    lost() {
      isLost = true;
    },
  };
}

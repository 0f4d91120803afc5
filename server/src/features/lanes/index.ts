// Lanes: when each account has work, and which worker has the lease.
export {
  type LaneFence,
  type LaneLease,
  lanePollMs,
  lanesChannel,
  lateAfterMs,
} from './lane.ts';
export {
  findNextWake,
  guardingLease,
  guardingRelease,
  type LaneClaim,
  type LaneRest,
  leasing,
  releasing,
  renewLaneLeases,
  sweepLanes,
} from './lease.queries.ts';
export { countLanes } from './metrics.queries.ts';
export { declareLaneGauges } from './metrics.ts';
export { pacedUntil } from './pacing.queries.ts';
export { lockLane, lowering, lowerWake, openLane, repaceLane, resetQueue, wakeLane } from './wake.queries.ts';

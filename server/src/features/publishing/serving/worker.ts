// The worker: claims due lanes, publishes their posts and releases them. Also runs the video worker. A lane is one
// account, so each account is served by one worker at a time and in order.

import { withLogIds } from '../../../domain/log-ids.ts';
import { addMs } from '../../../platform/clock.ts';
import { createPoller, type Serving } from '../../../platform/work/poller.ts';
import { lanePollMs } from '../../lanes/index.ts';
import type { ClaimedLane } from '../lane/claim-lanes.queries.ts';
import { createVideoWorker, type VideoWorkerParts } from '../videos/video-worker.ts';
import { leasedLane } from './leased-lane.ts';
import type { PublishMetrics } from './publish-metrics.ts';
import { type LaneParts, type LaneResult, serveLane } from './serve-lane.ts';

export type WorkerParts = LaneParts &
  VideoWorkerParts & {
    /** How many accounts are served at a time. */
    lanesMax: number;
    metrics: PublishMetrics;
  };

export interface Worker {
  /** Serves all due work, and resolves when no work is due. */
  runDue(): Promise<void>;
  /** Starts polling. */
  start(): void;
  /** Polls immediately, because work may be due. */
  wake(): void;
  /** Stops claiming and completes the running work. After `graceMs`, unfinished work is left to other workers. */
  stop(graceMs: number): Promise<void>;
}

/**
 * The minimum time between two polls, per lane that is being served. Under load, each poll claims more lanes at once;
 * otherwise, with hundreds of due lanes per second, the database spends most of its time on polls.
 */
const spacingMsPerLane = 0.5;
/** How long an account is not served after an error of ours. */
const restAfterErrorMs = 30_000;

export function createWorker(parts: WorkerParts): Worker {
  const { lanes, clock, log, owner, leaseMs } = parts;
  const videos = createVideoWorker(parts);
  const poller = createPoller<ClaimedLane>({
    ...{ clock, log, leaseMs, key: 'accountId', concurrency: parts.lanesMax, pollMs: lanePollMs },
    spacingMs: (active) => active * spacingMsPerLane,
    claim: ({ now, leaseUntil, limit }) => lanes.claim({ owner, now, leaseUntil, limit }),
    serve: (lane, serving) => withLogIds({ accountId: lane.accountId }, () => serve(parts, lane, serving)),
    async renew(claimed, leaseUntil) {
      const ours = await lanes.renew({ lanes: claimed, leaseUntil });
      return claimed.filter(({ accountId }) => ours.has(accountId));
    },
    findNextWake: lanes.findNextWake,
    polled: parts.metrics.polled,
  });
  return {
    async runDue() {
      // A video that is ready wakes its lane, and a lane may have its video uploaded again.
      while ((await Promise.all([poller.runDue(), videos.runDue()])).some((served) => served > 0));
    },
    start() {
      poller.start();
      videos.start();
    },
    wake() {
      poller.wake();
      videos.wake();
    },
    async stop(graceMs) {
      await Promise.all([poller.stop(graceMs), videos.stop(graceMs)]);
    },
  };
}

async function serve(parts: WorkerParts, claimed: ClaimedLane, { lease, stopping }: Serving): Promise<void> {
  const log = parts.log.child({ accountId: claimed.accountId });
  const lane = leasedLane(claimed, lease, parts);
  let result: LaneResult;
  try {
    result = await serveLane(parts, lane, { log, stopping });
  } catch (error) {
    log.error({ err: error }, 'an account could not be served');
    result = { rest: { notBefore: addMs(parts.clock.now(), restAfterErrorMs) } };
  }
  await lane.release(result.rest, result.last);
}

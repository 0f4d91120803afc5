// The worker: claims lanes that are due, publishes their posts and releases them; and beside it the worker for videos.
// A lane is one account, so an account is served by one worker at a time and in order.

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
  /** Serves everything that is due now, and resolves when nothing is. */
  runDue(): Promise<void>;
  /** Serves each lane when it wakes, from now on. */
  start(): void;
  /** Something may be due: polls now rather than at the next poll. */
  wake(): void;
  /** Claims nothing more and completes what is under way; after `graceMs` the rest is left to other workers. */
  stop(graceMs: number): Promise<void>;
}

/**
 * The minimum between two polls for each lane that is being served: the more there is to do, the more of what becomes due
 * or is finished is claimed together. With hundreds due each second the database spent most of its time on polls.
 */
const spacingMsPerLane = 0.5;
/** After an error of our own the account rests this long. */
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

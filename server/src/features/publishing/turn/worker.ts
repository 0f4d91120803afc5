// The worker: claims lanes that are due, carries their posts to Pinterest, lets go of them, and looks again.
// A lane is one account, so an account is served by one worker at a time and in order.

import { withLogIds } from '../../../domain/log-ids.ts';
import { addMs, type Cancel } from '../../../platform/clock.ts';
import { lanePollMs } from '../../lanes/index.ts';
import { createVideoWorker, type VideoWorkerParts } from '../videos/video-worker.ts';
import { type LaneTerm, leasedLane } from './leased-lane.ts';
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
  /** Looks whenever a lane wakes, from now on. */
  start(): void;
  /** Something may be due: look now rather than at the next poll. */
  wake(): void;
  /** Claims nothing more and waits for what is under way; what takes longer than `graceMs` is left to others. */
  stop(graceMs: number): Promise<void>;
}

/** Leases are renewed this many times before they would run out. */
const renewalsPerLease = 4;
/**
 * Looks begin no closer to each other than this for each lane that is being served: the more there is to do, the more
 * of what falls due or ends is seen together. With hundreds due each second most of what the database did was to look.
 */
const looksApartMsPerLane = 0.5;
/** After an error of our own the account rests this long. */
const restAfterErrorMs = 30_000;

export function createWorker(parts: WorkerParts): Worker {
  const { lanes, clock, log } = parts;
  const videos = createVideoWorker(parts);
  const active = new Map<string, { held: LaneTerm; done: Promise<void> }>();
  const cancels: Cancel[] = [];
  let cancelTimer: Cancel = () => {};
  let isRunning = false;
  let isStopping = false;
  let looking: Promise<number> | null = null;
  let lookAgain = false;
  /** From a look until it is known when the next one is. */
  let isLooking = false;
  let lookedAt = Number.NEGATIVE_INFINITY;

  /** Claims what is due, as far as there is room, and starts on it. Returns how many lanes it took. */
  async function claim(): Promise<number> {
    const limit = parts.lanesMax - active.size;
    if (limit <= 0 || isStopping) return 0;
    const now = clock.now();
    const leaseUntil = addMs(now, parts.leaseMs);
    const claimed = await lanes.claim({ owner: parts.owner, now, leaseUntil, limit });
    for (const lane of claimed) begin(leasedLane(lane, leaseUntil, parts));
    return claimed.length;
  }

  function begin(held: LaneTerm): void {
    const done = serve(held).finally(() => {
      // After a lost lease this process may hold the lane anew; that is another entry.
      if (active.get(held.accountId)?.held === held) active.delete(held.accountId);
      // There is room again, and this account may have more.
      wake();
    });
    active.set(held.accountId, { held, done });
  }

  async function serve(held: LaneTerm): Promise<void> {
    const laneLog = log.child({ accountId: held.accountId });
    let result: LaneResult;
    try {
      result = await withLogIds({ accountId: held.accountId }, () =>
        serveLane(parts, held, { log: laneLog, isStopping: () => isStopping }),
      );
    } catch (error) {
      laneLog.error({ err: error }, 'an account could not be served');
      result = { rest: { notBefore: addMs(clock.now(), restAfterErrorMs) } };
    }
    try {
      await held.release(result.rest, result.last);
    } catch (error) {
      // The lease runs out by itself, and another worker takes over.
      laneLog.warn({ err: error }, 'a lane could not be released');
    }
  }

  function look(): Promise<number> {
    looking ??= claim()
      .then((taken) => {
        parts.metrics.looked();
        return taken;
      })
      .finally(() => {
        looking = null;
      });
    return looking;
  }

  /** One look, then a timer for the next one. Looks never overlap. */
  function wake(): void {
    if (!isRunning || isStopping) return;
    if (isLooking) {
      lookAgain = true;
      return;
    }
    const now = clock.now().getTime();
    const agoMs = now - lookedAt;
    const looksApartMs = active.size * looksApartMsPerLane;
    // A clock that was set back is no reason to wait.
    if (agoMs >= 0 && agoMs < looksApartMs) {
      plan(looksApartMs - agoMs);
      return;
    }
    lookedAt = now;
    cancelTimer();
    lookAgain = false;
    isLooking = true;
    lookOnce()
      .catch((error: unknown) => {
        log.warn({ err: error }, 'the lanes could not be looked at');
        return lanePollMs;
      })
      .then((inMs) => {
        isLooking = false;
        // What came up while we asked for the next wake-up must not wait for it.
        plan(lookAgain ? 0 : inMs);
      });
  }

  /** Starts on what is due. Returns in how many milliseconds there may be more. */
  async function lookOnce(): Promise<number> {
    await look();
    // With no room left, the next lane that ends looks again.
    if (lookAgain || active.size >= parts.lanesMax) return lanePollMs;
    const now = clock.now();
    const next = await lanes.findNextWake(now);
    return next === null ? lanePollMs : Math.min(Math.max(next.getTime() - now.getTime(), 0), lanePollMs);
  }

  function plan(inMs: number): void {
    if (isStopping) return;
    cancelTimer();
    cancelTimer = clock.after(inMs, wake);
  }

  async function renew(): Promise<void> {
    // Those held now: a lane that is released and taken anew meanwhile is none of this round's.
    const ours = [...active.values()].map((entry) => entry.held);
    if (ours.length === 0) return;
    const leaseUntil = addMs(clock.now(), parts.leaseMs);
    const kept = await lanes.renew({ lanes: ours, leaseUntil });
    for (const held of ours) {
      if (kept.has(held.accountId)) held.renewed(leaseUntil);
      else held.lost();
    }
  }

  /** Until nothing is due in any lane; returns how many lanes it served. */
  async function serveAll(): Promise<number> {
    for (let served = 0; ; ) {
      const taken = await look();
      served += taken;
      if (taken === 0 && active.size === 0) return served;
      await Promise.all([...active.values()].map((entry) => entry.done));
    }
  }

  function keepLeases(): Cancel {
    return clock.every(parts.leaseMs / renewalsPerLease, () => {
      renew().catch((error: unknown) => log.warn({ err: error }, 'leases could not be renewed'));
    });
  }

  return {
    async runDue() {
      const cancel = keepLeases();
      try {
        for (;;) {
          // A video that is there wakes its lane, and a lane may want its video anew.
          const [taken, hadVideos] = await Promise.all([serveAll(), videos.runDue()]);
          if (taken === 0 && !hadVideos) return;
        }
      } finally {
        cancel();
      }
    },
    start() {
      isRunning = true;
      cancels.push(keepLeases());
      wake();
      videos.start();
    },
    wake() {
      wake();
      videos.wake();
    },
    async stop(graceMs) {
      isStopping = true;
      cancelTimer();
      const ended = Promise.all([...[...active.values()].map((entry) => entry.done), videos.stop(graceMs)]);
      let cancelGrace: Cancel = () => {};
      const graceOver = new Promise<void>((resolve) => {
        cancelGrace = clock.after(graceMs, resolve);
      });
      await Promise.race([ended, graceOver]);
      cancelGrace();
      for (const cancel of cancels) cancel();
    },
  };
}

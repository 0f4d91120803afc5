// Refuses requests immediately when too many are running, the process is too busy, or queries wait too long for a
// database connection. Admitted requests are answered.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../clock.ts';
import type { Database } from '../../db/index.ts';
import type { Log } from '../../log.ts';
import { overloaded } from '../contract/refusals.ts';

/** The mean delay of the event loop is usually a few milliseconds. At this value every response is late. */
const loopDelayMsMax = 300;
const sampleEveryMs = 1_000;
/** A pause of the whole process (a suspended laptop) affects one sample. Two in a row mean load. */
const badSamplesMax = 2;
/** The delay of the event loop is measured every 20 ms, and judged by the measurements of half a second. */
const measuredEveryMs = 20;
const measurementsMin = 25;
/** The maximum time that a query may wait for a connection. */
const poolWaitMsMax = 1_000;
/** The part of the running requests that may be requests of anybody, for paths that need no key. */
const publicShare = 1 / 4;

export interface OverloadParts {
  database: Database;
  clock: Clock;
  log: Log;
  /** The maximum number of running requests. */
  requestsMax: number;
  /** Returns the mean delay of the event loop since the last call, in milliseconds. */
  readLoopDelayMs?: () => number;
}

export type Overload = ReturnType<typeof createOverload>;

export function createOverload({ database, clock, log, requestsMax, readLoopDelayMs }: OverloadParts) {
  const { pool } = database;
  const isPoolStuck = watchPool(pool, clock);
  const loop = readLoopDelayMs ? null : watchEventLoop();
  const readDelay = readLoopDelayMs ?? (() => loop?.read() ?? 0);
  const running = new Set<FastifyRequest>();
  const runningPublic = new Set<FastifyRequest>();
  let sampledAt = clock.now().getTime();
  let badSamples = 0;

  /** Samples only when a request arrives, so that an idle process does nothing. */
  function isLoopLate(now: number): boolean {
    if (now - sampledAt >= sampleEveryMs) {
      badSamples = readDelay() > loopDelayMsMax ? badSamples + 1 : 0;
      sampledAt = now;
    }
    return badSamples >= badSamplesMax;
  }

  function reasonToRefuse(): string | null {
    const now = clock.now().getTime();
    if (running.size >= requestsMax) return 'running requests';
    if (isLoopLate(now)) return 'event loop';
    if (isPoolStuck(now)) return 'database connections';
    return null;
  }

  function leave(request: FastifyRequest): void {
    running.delete(request);
    runningPublic.delete(request);
  }

  function enter(request: FastifyRequest, reply: FastifyReply): void {
    const reason = reasonToRefuse();
    if (reason !== null) {
      log.debug({ reason, running: running.size, waiting: pool.waitingCount }, 'overloaded');
      throw overloaded();
    }
    running.add(request);
    reply.raw.once('close', () => leave(request));
  }

  return {
    /** @throws overloaded */
    enter,
    /** A request for a path that needs no key. Such requests leave room for callers with a key. @throws overloaded */
    enterPublic(request: FastifyRequest, reply: FastifyReply): void {
      if (runningPublic.size >= Math.ceil(requestsMax * publicShare)) throw overloaded();
      enter(request, reply);
      runningPublic.add(request);
    },
    /** Call it when the response is sent: a client that reads slowly does not occupy a place. */
    leave,
    close: () => loop?.stop(),
  };
}

/** Measures the waiting time for a connection with a probe, which waits in the queue whenever there is one. */
function watchPool(pool: Database['pool'], clock: Clock): (now: number) => boolean {
  /** The time at which the current probe began to wait. */
  let probingSince: number | null = null;
  let lastWaitMs = 0;

  function probe(now: number): void {
    probingSince = now;
    const endProbe = () => {
      lastWaitMs = clock.now().getTime() - now;
      probingSince = null;
    };
    pool.connect().then((client) => {
      client.release();
      endProbe();
    }, endProbe);
  }

  return (now) => {
    if (pool.waitingCount === 0) return false;
    if (probingSince === null) probe(now);
    return Math.max(lastWaitMs, now - (probingSince ?? now)) > poolWaitMsMax;
  };
}

function watchEventLoop() {
  const histogram = monitorEventLoopDelay({ resolution: measuredEveryMs });
  histogram.enable();
  return {
    read() {
      // A mean of a few measurements is one pause of the process, however long: a suspended laptop, a full disk.
      if (histogram.count < measurementsMin) return 0;
      const delayMs = histogram.mean / 1e6;
      histogram.reset();
      return delayMs;
    },
    stop: () => histogram.disable(),
  };
}

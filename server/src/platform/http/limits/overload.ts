// Refuses requests at once that could only wait: when too many are running, when the process is too busy, or when the database
// has no free connection. Admitted requests are answered.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../clock.ts';
import type { Database } from '../../db/index.ts';
import type { Log } from '../../log.ts';
import { overloaded } from '../contract/refusals.ts';

/** A turn of the event loop takes a few milliseconds; at this mean every answer is late. */
const loopDelayMsMax = 300;
const sampleEveryMs = 1_000;
/** A pause of the whole process (a suspended laptop) spoils one sample; two in a row are load. */
const badSamplesMax = 2;
/** A query that waits this long for a connection is one of too many. */
const poolWaitMsMax = 1_000;

export interface OverloadParts {
  database: Database;
  clock: Clock;
  log: Log;
  /** How many requests may be under way. */
  requestsMax: number;
  /** Milliseconds by which the event loop was late, on average, since the last call. */
  readLoopDelayMs?: () => number;
}

export type Overload = ReturnType<typeof createOverload>;

export function createOverload({ database, clock, log, requestsMax, readLoopDelayMs }: OverloadParts) {
  const { pool } = database;
  const loop = readLoopDelayMs ? null : watchEventLoop();
  const readDelay = readLoopDelayMs ?? (() => loop?.read() ?? 0);
  const underWay = new Set<FastifyRequest>();
  let sampledAt = clock.now().getTime();
  let badSamples = 0;
  /** When the present probe of the pool began to wait. */
  let probingSince: number | null = null;
  let lastWaitMs = 0;

  /** Sampled when requests come, so that nothing runs while none do. */
  function isLoopLate(now: number): boolean {
    if (now - sampledAt >= sampleEveryMs) {
      badSamples = readDelay() > loopDelayMsMax ? badSamples + 1 : 0;
      sampledAt = now;
    }
    return badSamples >= badSamplesMax;
  }

  /** How long a query waits now for a connection: one of ours stands in the queue whenever there is one. */
  function isPoolStuck(now: number): boolean {
    if (pool.waitingCount === 0) return false;
    if (probingSince === null) probe(now);
    return Math.max(lastWaitMs, now - (probingSince ?? now)) > poolWaitMsMax;
  }

  function probe(now: number): void {
    probingSince = now;
    const settle = () => {
      lastWaitMs = clock.now().getTime() - now;
      probingSince = null;
    };
    pool.connect().then((client) => {
      client.release();
      settle();
    }, settle);
  }

  function reasonToRefuse(): string | null {
    const now = clock.now().getTime();
    if (underWay.size >= requestsMax) return 'requests under way';
    if (isLoopLate(now)) return 'event loop';
    if (isPoolStuck(now)) return 'database connections';
    return null;
  }

  return {
    /** @throws overloaded */
    enter(request: FastifyRequest, reply: FastifyReply): void {
      const reason = reasonToRefuse();
      if (reason !== null) {
        log.debug({ reason, underWay: underWay.size, waiting: pool.waitingCount }, 'overloaded');
        throw overloaded();
      }
      underWay.add(request);
      reply.raw.once('close', () => underWay.delete(request));
    },
    /** The answer is on its way; how long the client takes to read it costs nobody else anything. */
    leave(request: FastifyRequest): void {
      underWay.delete(request);
    },
    close: () => loop?.stop(),
  };
}

function watchEventLoop() {
  const histogram = monitorEventLoopDelay({ resolution: 20 });
  histogram.enable();
  return {
    read() {
      const delayMs = histogram.mean / 1e6;
      histogram.reset();
      return delayMs;
    },
    stop: () => histogram.disable(),
  };
}

// Limits the requests of a key per minute of the clock, over all API processes, without a write for each request. Each
// process accepts a small part of the limit without asking. The rest is drawn in chunks from one row in PostgreSQL.
//
// One process accepts exactly the limit. n processes accept at most the limit plus n - 1 chunks (a chunk is 1/50 of the
// limit), and may refuse a key up to n - 1 chunks early, if other processes have not used what they drew.
import type { Clock } from '../../clock.ts';
import type { Database } from '../../db/index.ts';
import { drawRequests } from './rate-limit.queries.ts';

const windowMs = 60_000;
const chunksInLimit = 50;

/** The state of the limit, as response headers show it. */
export interface RateLimitState {
  limit: number;
  remaining: number;
  /** The beginning of the next minute. */
  resetsAt: Date;
  isExceeded: boolean;
}

interface Count {
  used: number;
  /** The requests drawn by this process. */
  granted: number;
  /** The requests drawn by all processes, as of the last draw. */
  drawn: number;
  drawing: Promise<void> | null;
}

export interface RateLimitParts {
  database: Database;
  clock: Clock;
  perMinute: number;
}

export type RateLimit = ReturnType<typeof createRateLimit>;

export function createRateLimit({ database, clock, perMinute: limit }: RateLimitParts) {
  const chunk = Math.max(1, Math.floor(limit / chunksInLimit));
  /** The requests that can be drawn. The first chunk of a process is not drawn. */
  const supply = limit - chunk;
  let windowAt = 0;
  let counts = new Map<string, Count>();

  function countOf(keyId: string): Count {
    const at = Math.floor(clock.now().getTime() / windowMs) * windowMs;
    if (at !== windowAt) {
      windowAt = at;
      counts = new Map();
    }
    let count = counts.get(keyId);
    if (!count) {
      count = { used: 0, granted: 0, drawn: 0, drawing: null };
      counts.set(keyId, count);
    }
    return count;
  }

  async function draw(keyId: string, count: Count): Promise<void> {
    const drawn = await drawRequests(database.db, { keyId, windowStart: new Date(windowAt), count: chunk });
    count.drawn = drawn;
    count.granted += Math.min(chunk, Math.max(0, supply - (drawn - chunk)));
  }

  const available = (count: Count) => chunk + count.granted - count.used;

  return {
    /** Counts a request, unless the limit is exceeded. */
    async take(keyId: string): Promise<RateLimitState> {
      const count = countOf(keyId);
      const resetsAt = new Date(windowAt + windowMs);
      // Several requests may wait for the same draw. Those that it does not cover draw again.
      while (available(count) <= 0 && count.drawn < supply) {
        count.drawing ??= draw(keyId, count).finally(() => {
          count.drawing = null;
        });
        await count.drawing;
      }
      const isExceeded = available(count) <= 0;
      if (!isExceeded) count.used += 1;
      const remaining = available(count) + Math.max(0, supply - count.drawn);
      return { limit, remaining, resetsAt, isExceeded };
    },
  };
}

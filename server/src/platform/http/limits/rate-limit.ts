// Limits the requests of a key per minute of the clock, over all API processes, without a write for each request. Each process
// may spend a small part of the limit on its own; the rest is drawn from one row in PostgreSQL, many requests at a time.
//
// One process lets through exactly the limit. With n processes it is at most the limit plus n - 1 chunks (a chunk is
// a fiftieth of the limit), and a key may be refused up to n - 1 chunks early, where others hold what they drew.
import type { Clock } from '../../clock.ts';
import type { Database } from '../../db/index.ts';
import { drawRequests } from './rate-limit.queries.ts';

const windowMs = 60_000;
const chunksInLimit = 50;

/** The state of the limit, as response headers show it. */
export interface RateLimitState {
  limit: number;
  remaining: number;
  /** When the next minute begins. */
  resetsAt: Date;
  isExceeded: boolean;
}

interface Count {
  used: number;
  /** Drawn by this process. */
  granted: number;
  /** Drawn by all, as far as known. */
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
  /** The drawn requests; the first chunk of each process is not drawn. */
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

  const held = (count: Count) => chunk + count.granted - count.used;

  return {
    /** Counts a request. */
    async take(keyId: string): Promise<RateLimitState> {
      const count = countOf(keyId);
      const resetsAt = new Date(windowAt + windowMs);
      // Requests that wait for the same draw may find it spent, and draw again.
      while (held(count) <= 0 && count.drawn < supply) {
        count.drawing ??= draw(keyId, count).finally(() => {
          count.drawing = null;
        });
        await count.drawing;
      }
      const isExceeded = held(count) <= 0;
      if (!isExceeded) count.used += 1;
      const remaining = held(count) + Math.max(0, supply - count.drawn);
      return { limit, remaining, resetsAt, isExceeded };
    },
  };
}

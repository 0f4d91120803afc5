// Limits the requests of a key and of an organization per minute of the clock, over all API processes, without a write
// for each request. Each process accepts a small part of a limit without asking. The rest is drawn in chunks from one row
// in PostgreSQL for each key and each organization.
//
// One process accepts exactly the limit. n processes accept at most the limit plus n - 1 chunks (a chunk is 1/50 of the
// limit), and may refuse up to n - 1 chunks early, if other processes have not used what they drew.
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
  /** The limit that refuses the request, or null. */
  exceeded: 'key' | 'organization' | null;
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
  /** The maximum number of requests of a key per minute. */
  perMinute: number;
  /** The maximum number of requests of all keys of an organization per minute. */
  perMinuteOfOrganization: number;
}

export interface Requester {
  keyId: string;
  organizationId: string;
}

export type RateLimit = ReturnType<typeof createRateLimit>;

export function createRateLimit({ perMinute, perMinuteOfOrganization, ...parts }: RateLimitParts) {
  const ofKeys = createSupply(parts, perMinute);
  const ofOrganizations = createSupply(parts, perMinuteOfOrganization);
  return {
    /** Counts a request, unless a limit is exceeded. The state is that of the limit with fewer remaining requests. */
    async take({ keyId, organizationId }: Requester): Promise<RateLimitState> {
      // Repeated, because other requests use what is available while one of the two is drawn.
      while (ofKeys.needsDraw(keyId) || ofOrganizations.needsDraw(organizationId)) {
        await ofKeys.refill(keyId);
        await ofOrganizations.refill(organizationId);
      }
      const exceeded = ofKeys.isEmpty(keyId)
        ? ('key' as const)
        : ofOrganizations.isEmpty(organizationId)
          ? ('organization' as const)
          : null;
      if (exceeded === null) {
        ofKeys.use(keyId);
        ofOrganizations.use(organizationId);
      }
      const [key, organization] = [ofKeys.stateOf(keyId), ofOrganizations.stateOf(organizationId)];
      return { ...(organization.remaining < key.remaining ? organization : key), exceeded };
    },
  };
}

/** Counts the requests of each key, or of each organization. */
function createSupply({ database, clock }: Omit<RateLimitParts, `perMinute${string}`>, limit: number) {
  const chunk = Math.max(1, Math.floor(limit / chunksInLimit));
  /** The requests that can be drawn. The first chunk of a process is not drawn. */
  const supply = limit - chunk;
  let windowAt = 0;
  let counts = new Map<string, Count>();

  function countOf(id: string): Count {
    const at = Math.floor(clock.now().getTime() / windowMs) * windowMs;
    if (at !== windowAt) {
      windowAt = at;
      counts = new Map();
    }
    let count = counts.get(id);
    if (!count) {
      count = { used: 0, granted: 0, drawn: 0, drawing: null };
      counts.set(id, count);
    }
    return count;
  }

  async function draw(id: string, count: Count): Promise<void> {
    const drawn = await drawRequests(database.db, { id, windowStart: new Date(windowAt), count: chunk });
    count.drawn = drawn;
    count.granted += Math.min(chunk, Math.max(0, supply - (drawn - chunk)));
  }

  const available = (count: Count) => chunk + count.granted - count.used;

  /** Whether nothing is available, and a draw may change that. */
  function needsDraw(id: string): boolean {
    const count = countOf(id);
    return available(count) <= 0 && count.drawn < supply;
  }

  return {
    needsDraw,
    /** Draws if it is needed. Several requests may wait for the same draw. */
    async refill(id: string): Promise<void> {
      if (!needsDraw(id)) return;
      const count = countOf(id);
      count.drawing ??= draw(id, count).finally(() => {
        count.drawing = null;
      });
      await count.drawing;
    },
    isEmpty: (id: string) => available(countOf(id)) <= 0,
    use(id: string): void {
      countOf(id).used += 1;
    },
    stateOf(id: string): Omit<RateLimitState, 'exceeded'> {
      const count = countOf(id);
      const remaining = Math.max(0, available(count)) + Math.max(0, supply - count.drawn);
      return { limit, remaining, resetsAt: new Date(windowAt + windowMs) };
    },
  };
}

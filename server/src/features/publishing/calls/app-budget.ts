// The limits that all accounts of a Pinterest app share, stored in PostgreSQL for all workers. Pinterest counts per
// user and app; only a Trial app has a daily quota shared by its users.
import type { Environment, PinterestEnvironments } from '../../../pinterest/index.ts';
import { addMs, type Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/db/index.ts';
import { findAppPause, pauseApp, spendWrite } from './app-budget.queries.ts';

/** Writes per day of an app with Trial access, for all its accounts together (Pinterest's rate limit page). */
const trialWritesPerDay = 300;

/**
 * How long a pause is cached, so that it is not read for each lane. A pause set by another process takes effect this
 * much later; in the meantime Pinterest refuses requests, and their posts are postponed.
 */
const pauseCacheMs = 1_000;

export interface AppBudgetParts {
  database: Database;
  clock: Clock;
  pinterest: PinterestEnvironments;
  accessLevel: 'trial' | 'standard';
}

export interface AppBudget {
  /** Returns until when the app must not send requests to Pinterest; null if it is not paused. */
  pausedUntil(environment: Environment): Promise<Date | null>;
  pause(environment: Environment, until: Date): Promise<void>;
  /**
   * Uses one write of the day's quota. Call it before each create. If the quota is spent, returns when it is renewed.
   */
  spend(environment: Environment): Promise<Date | null>;
}

/** Creates the budget that is stored in PostgreSQL. */
export function createAppBudget({ database, clock, pinterest, accessLevel }: AppBudgetParts): AppBudget {
  /** The last read for each app. */
  const reads = new Map<string, { at: Date; pause: Promise<Date | null> }>();
  const keyOf = (environment: Environment) =>
    `${environment}:${pinterest.app(environment)?.appId ?? 'by tokens'}`;

  return {
    async pausedUntil(environment) {
      const [key, now] = [keyOf(environment), clock.now()];
      const last = reads.get(key);
      // If the clock was set back, the age of a read is unknown.
      const isRecent = last && last.at <= now && now < addMs(last.at, pauseCacheMs);
      const pause = isRecent ? last.pause : findAppPause(database.db, key, now);
      if (!isRecent) {
        reads.set(key, { at: now, pause });
        pause.catch(() => reads.delete(key));
      }
      const until = await pause;
      return until !== null && until > now ? until : null;
    },

    async pause(environment, until) {
      await pauseApp(database.db, keyOf(environment), until, clock.now());
      reads.delete(keyOf(environment));
    },

    async spend(environment) {
      if (accessLevel === 'standard') return null;
      const now = clock.now();
      if (await spendWrite(database.db, keyOf(environment), trialWritesPerDay, now)) return null;
      return nextUtcMidnight(now);
    },
  };
}

function nextUtcMidnight(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
}

// The limits that all accounts of one Pinterest app share, stored in PostgreSQL for all workers. Pinterest counts per user
// and app; only a Trial app has a daily quota for all its users together.
import type { Environment, PinterestEnvironments } from '../../../pinterest/index.ts';
import { addMs, type Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/db/index.ts';
import { findAppPause, pauseApp, spendWrite } from './app-budget.queries.ts';

/** Writes per day of an app with Trial access, over all its accounts (Pinterest's rate limit page). */
const trialWritesPerDay = 300;

/**
 * A pause is read this often, and not for each lane. A pause that another process has set is noticed this much later;
 * Pinterest refuses what is sent meanwhile, and the posts are postponed.
 */
const pauseCacheMs = 1_000;

export interface AppBudgetParts {
  database: Database;
  clock: Clock;
  pinterest: PinterestEnvironments;
  accessLevel: 'trial' | 'standard';
}

export interface AppBudget {
  /** Until when the app must send nothing to Pinterest; null if it is not paused. */
  pausedUntil(environment: Environment): Promise<Date | null>;
  pause(environment: Environment, until: Date): Promise<void>;
  /** Uses one write of the day's quota; call it before each create. Returns until when the quota is spent; null if it is not. */
  spend(environment: Environment): Promise<Date | null>;
}

/** The budget of this installation, in PostgreSQL. */
export function createAppBudget({ database, clock, pinterest, accessLevel }: AppBudgetParts): AppBudget {
  /** The last read for each app. */
  const reads = new Map<string, { at: Date; pause: Promise<Date | null> }>();
  const keyOf = (environment: Environment) =>
    `${environment}:${pinterest.app(environment)?.appId ?? 'by tokens'}`;

  return {
    async pausedUntil(environment) {
      const [key, now] = [keyOf(environment), clock.now()];
      const last = reads.get(key);
      // After a clock was set back, a read is not known to be recent.
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

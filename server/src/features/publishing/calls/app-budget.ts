// What all accounts of one Pinterest app share, kept where every worker sees it. Pinterest counts per user and
// app; only a Trial app has a daily quota for all its users together.
import type { Environment, PinterestEnvironments } from '../../../pinterest/index.ts';
import { addMs, type Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/db/index.ts';
import { findAppPause, pauseApp, spendWrite } from './app-budget.queries.ts';

/** Writes a day of an app with Trial access, over all its accounts (Pinterest's rate limit page). */
const trialWritesPerDay = 300;

/**
 * Whether an app is paused is asked this often, and not by every turn. A pause that another process has set is heard
 * of so much later; what goes out meanwhile Pinterest refuses, and is postponed.
 */
const knownForMs = 1_000;

export interface AppBudgetParts {
  database: Database;
  clock: Clock;
  pinterest: PinterestEnvironments;
  accessLevel: 'trial' | 'standard';
}

export interface AppBudget {
  /** Until when nothing may be asked for; null when it may. */
  pausedUntil(environment: Environment): Promise<Date | null>;
  pause(environment: Environment, until: Date): Promise<void>;
  /** Before each create. A moment: the day's quota is spent until then. */
  spend(environment: Environment): Promise<Date | null>;
}

/** Kept in PostgreSQL. */
export function createAppBudget({ database, clock, pinterest, accessLevel }: AppBudgetParts): AppBudget {
  /** Of each app, what was asked last. */
  const asked = new Map<string, { at: Date; pause: Promise<Date | null> }>();
  const keyOf = (environment: Environment) =>
    `${environment}:${pinterest.app(environment)?.appId ?? 'by tokens'}`;

  return {
    async pausedUntil(environment) {
      const [key, now] = [keyOf(environment), clock.now()];
      const last = asked.get(key);
      // Of a clock that was set back, what was asked is not known to be recent.
      const isKnown = last && last.at <= now && now < addMs(last.at, knownForMs);
      const pause = isKnown ? last.pause : findAppPause(database.db, key, now);
      if (!isKnown) {
        asked.set(key, { at: now, pause });
        pause.catch(() => asked.delete(key));
      }
      const until = await pause;
      return until !== null && until > now ? until : null;
    },

    async pause(environment, until) {
      await pauseApp(database.db, keyOf(environment), until, clock.now());
      asked.delete(keyOf(environment));
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

// What all accounts of one Pinterest app share, kept where every worker sees it. Pinterest counts per user and
// app; only a Trial app has a daily quota for all its users together.
import type { Environment, PinterestEnvironments } from '../../pinterest/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { findAppPause, pauseApp, spendWrite } from './app-budget.queries.ts';

/** Writes a day of an app with Trial access, over all its accounts (Pinterest's rate limit page). */
const trialWritesPerDay = 300;

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
  const keyOf = (environment: Environment) =>
    `${environment}:${pinterest.app(environment)?.appId ?? 'by tokens'}`;

  return {
    pausedUntil: (environment) => findAppPause(database.db, keyOf(environment), clock.now()),

    pause: (environment, until) => pauseApp(database.db, keyOf(environment), until, clock.now()),

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

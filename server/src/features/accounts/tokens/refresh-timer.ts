// Refreshes due tokens on a timer, also those of accounts that are not used: after 60 days their tokens would expire.
import type { Cancel, Clock } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';

const refreshRoundMs = 60_000;

/** Starts the timer. A round that takes longer than the interval is not run twice at a time. */
export function startRefreshTimer({
  accounts,
  clock,
  log,
}: {
  accounts: { refreshDueTokens(): Promise<void> };
  clock: Clock;
  log: Log;
}): Cancel {
  let isRunning = false;
  return clock.every(refreshRoundMs, () => {
    if (isRunning) return;
    isRunning = true;
    accounts
      .refreshDueTokens()
      .catch((error: unknown) => log.warn({ err: error }, 'tokens could not be refreshed'))
      .finally(() => {
        isRunning = false;
      });
  });
}

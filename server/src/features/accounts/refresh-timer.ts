// Keeps tokens alive that nobody uses: an account left alone for 60 days would be lost.
import type { Cancel, Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { AccountsService } from './accounts.service.ts';

const roundEveryMs = 60_000;

export function startRefreshTimer({
  accounts,
  clock,
  log,
}: {
  accounts: AccountsService;
  clock: Clock;
  log: Log;
}): Cancel {
  let isRunning = false;
  return clock.every(roundEveryMs, () => {
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

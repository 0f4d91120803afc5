// Gauges of connected accounts.
import type { GaugeReading, Metrics } from '../../platform/metrics.ts';
import { countAccounts } from './metrics.queries.ts';

/** Declares the gauges and returns the reading that sets them. */
export function declareAccountGauges(metrics: Metrics): GaugeReading {
  const accounts = metrics.gauge(
    'pintail_accounts',
    'Connected accounts, by whether Pinterest accepts their token.',
    ['token'],
  );
  return async (connection) => {
    for (const [token, count] of Object.entries(await countAccounts(connection)))
      accounts.set({ token }, count);
  };
}

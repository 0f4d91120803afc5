// Gauges of connected accounts.
import type { GaugeReading, Metrics } from '../../platform/metrics.ts';
import { countAccounts } from './metrics.queries.ts';

export function declareAccountGauges(metrics: Metrics): GaugeReading {
  const accounts = metrics.gauge(
    'pintail_accounts',
    'Connected accounts by whether Pinterest takes their token.',
    ['token'],
  );
  return async (connection) => {
    for (const [token, count] of Object.entries(await countAccounts(connection)))
      accounts.set({ token }, count);
  };
}

// Gauges of lanes.
import { type GaugeReading, type Metrics, secondsSince } from '../../platform/metrics.ts';
import { countLanes } from './metrics.queries.ts';

export function declareLaneGauges(metrics: Metrics): GaugeReading {
  const lanes = metrics.gauge(
    'pintail_lanes',
    'Accounts by what workers do: due (waiting for a worker), held (being served), resting (told to wait).',
    ['state'],
  );
  const lag = metrics.gauge(
    'pintail_lanes_lag_seconds',
    'For how long the account that waits longest for a worker has been due. Above some seconds: too few workers, or none.',
  );
  return async (connection, now) => {
    const { dueSince, ...counts } = await countLanes(connection, now);
    for (const [state, count] of Object.entries(counts)) lanes.set({ state }, count);
    lag.set(secondsSince(dueSince, now));
  };
}

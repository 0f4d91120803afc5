// Gauges of lanes.
import { type GaugeReading, type Metrics, secondsSince } from '../../platform/metrics.ts';
import { countLanes } from './metrics.queries.ts';

export function declareLaneGauges(metrics: Metrics): GaugeReading {
  const lanes = metrics.gauge(
    'pintail_lanes',
    'Accounts by state: due (waiting for a worker), leased (being served), resting (Pinterest asked to wait), impossible (the lease is further ahead than a lease can be, because the clock was set back; such a lease does not count).',
    ['state'],
  );
  const lag = metrics.gauge(
    'pintail_lanes_lag_seconds',
    'How long the account that has waited longest for a worker has been due. Above a few seconds: too few workers, or none.',
  );
  return async (connection, now) => {
    const { dueSince, ...counts } = await countLanes(connection, now);
    for (const [state, count] of Object.entries(counts)) lanes.set({ state }, count);
    lag.set(secondsSince(dueSince, now));
  };
}

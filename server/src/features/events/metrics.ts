// The gauge of the event log.
import { type GaugeReading, type Metrics, secondsSince } from '../../platform/metrics.ts';
import { findOldestHidden } from './event-log.queries.ts';

export function declareEventGauges(metrics: Metrics): GaugeReading {
  const age = metrics.gauge(
    'pintail_events_horizon_age_seconds',
    'How long the oldest event has waited for readers, because a transaction of the database that began before it has not ended. Above a minute: find that transaction in pg_stat_activity or pg_prepared_xacts.',
  );
  return async (connection, now) => age.set(secondsSince(await findOldestHidden(connection), now));
}

// Gauges of webhooks and of pending deliveries. The counters of deliveries are in webhook-metrics.ts.
import { type GaugeReading, type Metrics, secondsSince } from '../../platform/metrics.ts';
import { countWebhooksByState } from './metrics.queries.ts';

export function declareWebhookGauges(metrics: Metrics): GaugeReading {
  const webhooks = metrics.gauge(
    'pintail_webhooks',
    'Webhooks: active, failing (the last attempts failed), disabled.',
    ['state'],
  );
  const lag = metrics.gauge(
    'pintail_webhooks_lag_seconds',
    'How long the oldest pending delivery has been due. Endpoints that are paused after failures do not count.',
  );
  return async (connection, now) => {
    const { dueSince, ...counts } = await countWebhooksByState(connection, now);
    for (const [state, count] of Object.entries(counts)) webhooks.set({ state }, count);
    lag.set(secondsSince(dueSince, now));
  };
}

// The counters of deliveries, for operators.
import type { Metrics } from '../../../platform/metrics.ts';
import type { AttemptRecord } from './endpoints.queries.ts';

export interface WebhookMetrics {
  /** @param state Of the delivery, after the attempt. */
  attempted(state: AttemptRecord['state']): void;
  disabled(reason: string): void;
}

const outcomes = { delivered: 'delivered', pending: 'later', failed: 'failed' } as const;

export function createWebhookMetrics(metrics: Metrics): WebhookMetrics {
  const attempts = metrics.counter(
    'pintail_webhook_attempts_total',
    'Attempts to deliver an event to a webhook: delivered, later (another attempt follows), failed (given up).',
    ['outcome'],
  );
  const disabled = metrics.counter(
    'pintail_webhooks_disabled_total',
    'Webhooks that Pintail has disabled: failing (for three days), gone (the receiver answered 410).',
    ['reason'],
  );
  return {
    attempted: (state) => attempts.inc({ outcome: outcomes[state] }),
    disabled: (reason) => disabled.inc({ reason }),
  };
}

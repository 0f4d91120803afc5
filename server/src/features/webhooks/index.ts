// Webhooks send events to URLs of the callers. They read the event log; no other feature imports them.
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { WebhookParts } from './parts.ts';
import { resealWebhookSecrets } from './reseal-secrets.ts';
import { replayPage } from './sending/replay.ts';
import { createSender, type Sender } from './sending/sender.ts';
import { createWebhookMetrics } from './sending/webhook-metrics.ts';
import { replayQueue, wakeQueue } from './sending/webhook-queues.ts';

export { webhookMessages } from './messages.schema.ts';
export { declareWebhookGauges } from './metrics.ts';
export type { WebhookParts } from './parts.ts';
export { webhookRoutes } from './webhooks.routes.ts';

export interface WebhookSenderParts extends WebhookParts {
  clock: Clock;
  log: Log;
  /** From 0 to 1, for the jitter of retries. */
  random: () => number;
  metrics: Metrics;
}

export interface Webhooks {
  sender: Sender;
  /** Encrypts all secrets with the current key. */
  resealSecrets(): ReturnType<typeof resealWebhookSecrets>;
}

export function createWebhooks(parts: WebhookSenderParts): Webhooks {
  const { jobs } = parts;
  const sender = createSender({ ...parts, watch: createWebhookMetrics(parts.metrics) });
  jobs.work(replayQueue, async (replay) => {
    await replayPage(parts, replay);
    await sender.wake();
  });
  jobs.work(wakeQueue, () => sender.wake());
  return {
    sender,
    resealSecrets: () => resealWebhookSecrets(parts.database.db, parts.encryption),
  };
}

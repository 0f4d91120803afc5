// Webhooks: tell the outside what happened. They read the event log; no feature knows of them.
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { resealWebhookSecrets } from './reseal-secrets.ts';
import { createPump, type Pump } from './sending/pump.ts';
import { replayPage } from './sending/replay.ts';
import { serveEndpoint } from './sending/serve-endpoint.ts';
import { createWebhookMetrics } from './sending/webhook-metrics.ts';
import { awakenQueue, endpointQueue, replayQueue } from './sending/webhook-queues.ts';
import {
  createWebhooksService,
  type WebhooksService,
  type WebhooksServiceParts,
} from './webhooks.service.ts';

export { declareWebhookGauges } from './metrics.ts';
export { webhookRoutes } from './webhooks.routes.ts';

export interface WebhooksParts extends WebhooksServiceParts {
  log: Log;
  /** From 0 to 1, for the jitter of retries. */
  random: () => number;
  metrics: Metrics;
}

export interface Webhooks {
  service: WebhooksService;
  pump: Pump;
  /** Encrypts every secret with the present key. */
  resealSecrets(): ReturnType<typeof resealWebhookSecrets>;
}

export function createWebhooks(parts: WebhooksParts): Webhooks {
  const { jobs } = parts;
  const pump = createPump(parts);
  const endpoints = { ...parts, watch: createWebhookMetrics(parts.metrics) };
  jobs.work(endpointQueue, ({ webhookId }, { signal }) => serveEndpoint(endpoints, webhookId, signal));
  jobs.work(replayQueue, async (replay) => {
    await replayPage(parts, replay);
    await pump.run();
  });
  jobs.work(awakenQueue, async () => {
    pump.wake();
    await pump.run();
  });
  return {
    service: createWebhooksService(parts),
    pump,
    resealSecrets: () => resealWebhookSecrets(parts.database.db, parts.encryption),
  };
}

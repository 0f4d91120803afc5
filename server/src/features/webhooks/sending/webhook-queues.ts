import { defineQueue } from '../../../platform/jobs/index.ts';

/** An endpoint has something due. What is due, and when, is in the deliveries; the job only says who should look. */
export const endpointQueue = defineQueue<{ webhookId: string }>('webhook-endpoints', {
  concurrency: 8,
  timeoutSeconds: 300,
  retries: 0,
  retryDelaySeconds: 0,
  oneWaitingPerKey: true,
});

/** There is a first webhook: somebody has to look at the log from now on. */
export const awakenQueue = defineQueue<{ organizationId: string }>('webhook-awaken', {
  concurrency: 1,
  timeoutSeconds: 60,
  retries: 3,
  retryDelaySeconds: 1,
});

export interface Replay {
  organizationId: string;
  webhookId: string;
  /** RFC 3339. */
  since: string;
  until: string;
  evenDelivered: boolean;
  /** Where the page before ended. */
  after: { xid: string; id: number } | null;
}

/** Sends the events of a time again, a page a job. */
export const replayQueue = defineQueue<Replay>('webhook-replays', {
  concurrency: 1,
  timeoutSeconds: 120,
  retries: 10,
  retryDelaySeconds: 1,
  retryDelaySecondsMax: 60,
});

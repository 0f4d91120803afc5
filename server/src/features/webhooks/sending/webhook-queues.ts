// The job queues of webhooks. Deliveries are not jobs: they have their own table, with leases.
import type { Tx } from '../../../platform/db/index.ts';
import { defineQueue, type Jobs } from '../../../platform/jobs/index.ts';

/** Something is due that should not wait for a worker's next poll: an organization's first webhook, a test, one again. */
export const wakeQueue = defineQueue<{ organizationId: string }>('webhook-wake', {
  concurrency: 1,
  timeoutSeconds: 60,
  retries: 3,
  retryDelaySeconds: 1,
  oneWaitingPerKey: true,
});

/** Wakes the sender of some process when the transaction commits. */
export async function wakeSender(jobs: Jobs, tx: Tx, organizationId: string): Promise<void> {
  await jobs.send(tx, wakeQueue, { organizationId }, { key: organizationId });
}

export interface Replay {
  organizationId: string;
  webhookId: string;
  /** RFC 3339. */
  since: string;
  until: string;
  evenDelivered: boolean;
  /** The last event of the previous page; null for the first page. */
  after: { xid: string; id: number } | null;
}

/** Sends the events of a period again, one page per job. */
export const replayQueue = defineQueue<Replay>('webhook-replays', {
  concurrency: 1,
  timeoutSeconds: 120,
  retries: 10,
  retryDelaySeconds: 1,
  retryDelaySecondsMax: 60,
});

// Gauges of what goes on beside publishing: webhooks, videos on their way, batches.
import type { Connection } from '../../platform/db/index.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { countBatches, countVideoUploads, countWebhooksByState } from './state.queries.ts';

/** Declares the gauges; what it returns sets them. */
export function createBackgroundReading(
  metrics: Metrics,
): (connection: Connection, now: Date) => Promise<void> {
  const videos = metrics.gauge(
    'pintail_video_uploads',
    'Videos that queued posts wait for: uploading (still to be sent, or being sent), processing (by Pinterest), ready.',
    ['state'],
  );
  const webhooks = metrics.gauge(
    'pintail_webhooks',
    'Webhooks: active, failing (the last attempts failed), disabled.',
    ['state'],
  );
  const webhooksLag = metrics.gauge(
    'pintail_webhooks_lag_seconds',
    'For how long the delivery that waits longest has been due. Endpoints that are being rested do not count.',
  );
  const entries = metrics.gauge(
    'pintail_batch_entries_waiting',
    'Entries of batches that are still to become posts, counted up to 100,000.',
  );
  const batchesAge = metrics.gauge(
    'pintail_batches_oldest_seconds',
    'For how long the oldest batch that is not completed has been there.',
  );
  return async (connection, now) => {
    const secondsSince = (since: Date | null) =>
      since === null ? 0 : Math.max(0, now.getTime() - since.getTime()) / 1000;
    for (const [state, count] of Object.entries(await countVideoUploads(connection)))
      videos.set({ state }, count);
    const { dueSince, ...counts } = await countWebhooksByState(connection, now);
    for (const [state, count] of Object.entries(counts)) webhooks.set({ state }, count);
    webhooksLag.set(secondsSince(dueSince));
    const { waiting, since } = await countBatches(connection);
    entries.set(waiting);
    batchesAge.set(secondsSince(since));
  };
}

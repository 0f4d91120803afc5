// Gauges of the budgets of Pinterest apps and of video uploads. The counters of workers are in publish-metrics.ts.
import type { GaugeReading, Metrics } from '../../platform/metrics.ts';
import { countVideoUploads, listAppBudgets } from './metrics.queries.ts';

export function declarePublishingGauges(metrics: Metrics): GaugeReading {
  const paused = metrics.gauge(
    'pintail_pinterest_app_paused_seconds',
    'For how long the whole app is still paused by Pinterest; 0: it is not.',
    ['environment'],
  );
  const writes = metrics.gauge(
    'pintail_pinterest_app_writes_today',
    'Writes of a Trial app on this day (UTC), of 300.',
    ['environment'],
  );
  const videos = metrics.gauge(
    'pintail_video_uploads',
    'Videos that queued posts wait for: uploading (still to be sent, or being sent), processing (by Pinterest), ready.',
    ['state'],
  );
  return async (connection, now) => {
    for (const { environment, pausedUntil, writes: today } of await listAppBudgets(connection, now)) {
      const pausedMs = pausedUntil ? Math.max(0, pausedUntil.getTime() - now.getTime()) : 0;
      paused.set({ environment }, pausedMs / 1000);
      writes.set({ environment }, today);
    }
    for (const [state, count] of Object.entries(await countVideoUploads(connection)))
      videos.set({ state }, count);
  };
}

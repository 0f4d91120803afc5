// Gauges of posts and batches.
import { type GaugeReading, type Metrics, secondsSince } from '../../platform/metrics.ts';
import { countBatches, countMissed, countUnfinished } from './metrics.queries.ts';

/** Publishing takes a moment: a post that is due is not missed at once. */
const missedAfterMs = 60_000;

export function declarePostGauges(metrics: Metrics): GaugeReading {
  const posts = metrics.gauge(
    'pintail_posts',
    'Posts on their way by state, each counted up to 100,000; missed: queued, and a minute past their time.',
    ['state'],
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
    const counts = await countUnfinished(connection);
    const missed = await countMissed(connection, new Date(now.getTime() - missedAfterMs));
    for (const [state, count] of Object.entries({ ...counts, missed })) posts.set({ state }, count);
    const { waiting, since } = await countBatches(connection);
    entries.set(waiting);
    batchesAge.set(secondsSince(since, now));
  };
}

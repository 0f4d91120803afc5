// Gauges of posts and batches.
import { missedBefore } from '../../domain/post-states.ts';
import { type GaugeReading, type Metrics, secondsSince } from '../../platform/metrics.ts';
import { countBatches, countHeld, countMissed, countUnfinished } from './metrics.queries.ts';

export function declarePostGauges(metrics: Metrics): GaugeReading {
  const posts = metrics.gauge(
    'pintail_posts',
    'Posts that are not finished by state, each counted up to 100,000; missed: with the status queued, and a minute past their time.',
    ['state'],
  );
  const held = metrics.gauge(
    'pintail_posts_held',
    'Posts about which a person has to decide, by reason: missed, or lost_answer (their Pin may exist).',
    ['reason'],
  );
  const entries = metrics.gauge(
    'pintail_batch_entries_pending',
    'Entries of batches that are not processed, counted up to 100,000.',
  );
  const batchesAge = metrics.gauge(
    'pintail_batches_oldest_seconds',
    'Age of the oldest batch that is not completed.',
  );
  return async (connection, now) => {
    const counts = await countUnfinished(connection);
    const missed = await countMissed(connection, missedBefore(now));
    for (const [state, count] of Object.entries({ ...counts, missed })) posts.set({ state }, count);
    for (const [reason, count] of Object.entries(await countHeld(connection))) held.set({ reason }, count);
    const { pending, since } = await countBatches(connection);
    entries.set(pending);
    batchesAge.set(secondsSince(since, now));
  };
}

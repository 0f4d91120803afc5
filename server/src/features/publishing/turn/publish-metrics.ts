// What the worker tells of itself to those who watch over it.
import type { Clock } from '../../../platform/clock.ts';
import type { Metrics } from '../../../platform/metrics.ts';
import type { PostRow, Step } from '../../posts/index.ts';

export interface PublishMetrics {
  /** The worker has asked what is due. */
  looked(): void;
  /** A post was moved by a worker. @param post As it was before. */
  moved(post: PostRow, step: Step): void;
  /** When a worker of this process last asked what is due; null for never. */
  lastLookAt(): Date | null;
}

const buckets = [0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 86_400];

/** The moves that say what became of an attempt or of a look, in words for a chart. */
const outcomes = {
  accept: 'sent',
  postpone: 'postponed',
  refuse: 'failed',
  lose: 'lost',
  find: 'found',
  clear: 'not_found',
} as const;

export function createPublishMetrics(metrics: Metrics, clock: Clock): PublishMetrics {
  const lag = metrics.histogram(
    'pintail_publish_lag_seconds',
    "From a post's sendAt to Pinterest's answer that the Pin exists.",
    buckets,
  );
  const counted = metrics.counter(
    'pintail_publish_outcomes_total',
    'What became of attempts: sent, postponed, failed, lost; and of looks for lost ones: found, not_found.',
    ['outcome', 'code'],
  );
  let lastLookAt: Date | null = null;
  return {
    looked() {
      lastLookAt = clock.now();
    },
    lastLookAt: () => lastLookAt,
    moved(post, step) {
      if (!(step.move in outcomes)) return;
      const outcome = outcomes[step.move as keyof typeof outcomes];
      counted.inc({ outcome, code: 'failure' in step ? step.failure.code : '' });
      if (step.move !== 'accept' || post.send_at === null) return;
      lag.observe(Math.max(0, clock.now().getTime() - post.send_at.getTime()) / 1000);
    },
  };
}

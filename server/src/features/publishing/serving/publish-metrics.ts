// The counters of the worker, for operators.
import type { Clock } from '../../../platform/clock.ts';
import type { Metrics } from '../../../platform/metrics.ts';
import type { PostRow, Step } from '../../posts/index.ts';

export interface PublishMetrics {
  /** Records that the worker has polled. */
  polled(): void;
  /** Records that a worker moved a post. @param post The post before the move. */
  moved(post: PostRow, step: Step): void;
  /** When a worker of this process last polled; null for never. */
  lastPollAt(): Date | null;
}

const buckets = [0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 86_400];

/** The `outcome` label of each move that results from an attempt or a search. */
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
    'Results of attempts (sent, postponed, failed, lost) and of searches for lost Pins (found, not_found).',
    ['outcome', 'code'],
  );
  let lastPollAt: Date | null = null;
  return {
    polled() {
      lastPollAt = clock.now();
    },
    lastPollAt: () => lastPollAt,
    moved(post, step) {
      if (!(step.move in outcomes)) return;
      const outcome = outcomes[step.move as keyof typeof outcomes];
      counted.inc({ outcome, code: 'failure' in step ? step.failure.code : '' });
      if (step.move !== 'accept' || post.send_at === null) return;
      lag.observe(Math.max(0, clock.now().getTime() - post.send_at.getTime()) / 1000);
    },
  };
}

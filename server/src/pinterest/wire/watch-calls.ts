// Counts the calls to Pinterest, and records the remaining budget.
import type { Clock } from '../../platform/clock.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { Call } from './answers.ts';

/** Called after each call. */
export type OnCall = (operation: string, outcome: string, call: Call) => void;

const buckets = [0.1, 0.3, 1, 3, 10, 30];

/** A response that is older says nothing about the clock of today. */
const skewKnownMs = 3600_000;

export interface CallWatch {
  of(environment: string): OnCall;
  /**
   * Returns by how much Pinterest's clock is ahead of ours, in milliseconds, by the header Date of its last response; null
   * without one in the last hour. Accurate to a second, and to the duration of the call.
   */
  skewMs(): number | null;
}

export function createCallWatch(metrics: Metrics, clock: Clock): CallWatch {
  let seen: { skewMs: number; at: Date } | null = null;
  const calls = metrics.counter(
    'pintail_pinterest_requests_total',
    'Calls to Pinterest: created (success), refused, postponed (certainly nothing was created), lost (no clear answer).',
    ['environment', 'operation', 'outcome'],
  );
  const seconds = metrics.histogram(
    'pintail_pinterest_request_seconds',
    'Duration of calls to Pinterest.',
    buckets,
    ['environment'],
  );
  const remaining = metrics.gauge(
    'pintail_pinterest_budget_remaining',
    'Remaining calls by the last response with x-ratelimit-remaining. Of the account of that call, not of all accounts.',
    ['environment'],
  );
  const watch =
    (environment: string): OnCall =>
    (operation, outcome, call) => {
      calls.inc({ environment, operation, outcome });
      seconds.observe({ environment }, call.durationMs / 1000);
      const left = call.rateLimit?.remaining;
      if (left !== null && left !== undefined) remaining.set({ environment }, left);
      if (call.servedAt) {
        // It was written between the beginning and the end of the call, and has whole seconds.
        const midway = call.startedAt.getTime() + call.durationMs / 2;
        seen = { skewMs: call.servedAt.getTime() + 500 - midway, at: clock.now() };
      }
    };
  return {
    of: watch,
    skewMs: () => (seen && clock.now().getTime() - seen.at.getTime() < skewKnownMs ? seen.skewMs : null),
  };
}

// Counts the calls to Pinterest, and what it says of the budget that is left.
import type { Metrics } from '../../platform/metrics.ts';
import type { Call } from './answers.ts';

/** Told of each call once it is over. */
export type OnCall = (operation: string, outcome: string, call: Call) => void;

const buckets = [0.1, 0.3, 1, 3, 10, 30];

export function createCallWatch(metrics: Metrics): (environment: string) => OnCall {
  const calls = metrics.counter(
    'pintail_pinterest_requests_total',
    'Calls to Pinterest: created (it worked), refused, postponed (surely nothing was made), lost (no clear answer).',
    ['environment', 'operation', 'outcome'],
  );
  const seconds = metrics.histogram(
    'pintail_pinterest_request_seconds',
    'How long Pinterest took.',
    buckets,
    ['environment'],
  );
  const remaining = metrics.gauge(
    'pintail_pinterest_budget_remaining',
    "Calls left by the last answer that told (x-ratelimit-remaining). Of that call's account, not of all.",
    ['environment'],
  );
  return (environment) => (operation, outcome, call) => {
    calls.inc({ environment, operation, outcome });
    seconds.observe({ environment }, call.durationMs / 1000);
    const left = call.rateLimit?.remaining;
    if (left !== null && left !== undefined) remaining.set({ environment }, left);
  };
}

// Counts the calls to Pinterest, and records the remaining budget.
import type { Metrics } from '../../platform/metrics.ts';
import type { Call } from './answers.ts';

/** Called after each call. */
export type OnCall = (operation: string, outcome: string, call: Call) => void;

const buckets = [0.1, 0.3, 1, 3, 10, 30];

export function createCallWatch(metrics: Metrics): (environment: string) => OnCall {
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
  return (environment) => (operation, outcome, call) => {
    calls.inc({ environment, operation, outcome });
    seconds.observe({ environment }, call.durationMs / 1000);
    const left = call.rateLimit?.remaining;
    if (left !== null && left !== undefined) remaining.set({ environment }, left);
  };
}

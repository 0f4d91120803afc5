// Retry delays, and the failure and trace of a call as posts show them.
import type { Call, Failure } from '../../../pinterest/index.ts';
import type { PinterestTrace, PostFailure } from '../../posts/index.ts';

const firstMs = 30_000;
const longestMs = 60 * 60 * 1000;

/**
 * Returns how long to wait before the next attempt.
 * @param tries How often in a row the post was postponed before.
 * @param random From 0 to 1. Spreads the retries of posts that failed together.
 */
export function retryDelayMs(failure: Pick<Failure, 'retryAfterMs'>, tries: number, random: number): number {
  const own = Math.min(longestMs, firstMs * 2 ** Math.min(tries, 20)) * (0.75 + random / 2);
  return Math.max(failure.retryAfterMs ?? 0, failure.retryAfterMs === null ? own : 1000);
}

/** Returns whether the failure allows another attempt. */
export function mayRetry(failure: Pick<Failure, 'repeatsMax'>, tries: number): boolean {
  return failure.repeatsMax === null || tries < failure.repeatsMax;
}

/** The failure as callers see it in the post. */
export function toPostFailure(failure: Failure): PostFailure {
  const { reason, message, remediation, retryable } = failure;
  return { code: reason, message, remediation, retryable };
}

/** A call as the post's timeline shows it. */
export function toTrace(call: Call): PinterestTrace {
  return {
    status: call.status,
    code: call.pinterestCode,
    requestId: call.requestId,
    durationMs: call.durationMs,
  };
}

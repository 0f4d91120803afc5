// When to try again, where Pinterest does not say.
import type { Call, Failure } from '../../../pinterest/index.ts';
import type { PinterestTrace, PostFailure } from '../../posts/index.ts';

const firstMs = 30_000;
const longestMs = 60 * 60 * 1000;

/**
 * How long to wait before the next try.
 * @param tries How often it was put off in a row before.
 * @param random From 0 to 1: spreads those that failed together.
 */
export function retryDelayMs(failure: Pick<Failure, 'retryAfterMs'>, tries: number, random: number): number {
  const own = Math.min(longestMs, firstMs * 2 ** Math.min(tries, 20)) * (0.75 + random / 2);
  return Math.max(failure.retryAfterMs ?? 0, failure.retryAfterMs === null ? own : 1000);
}

/** Whether trying again makes sense at all. */
export function mayRetry(failure: Pick<Failure, 'repeatsMax'>, tries: number): boolean {
  return failure.repeatsMax === null || tries < failure.repeatsMax;
}

/** What the post says of it. */
export function toPostFailure(failure: Failure): PostFailure {
  const { reason, message, remediation, retryable } = failure;
  return { code: reason, message, remediation, retryable };
}

/** What the post's timeline tells of a call. */
export function toTrace(call: Call): PinterestTrace {
  return {
    status: call.status,
    code: call.pinterestCode,
    requestId: call.requestId,
    durationMs: call.durationMs,
  };
}

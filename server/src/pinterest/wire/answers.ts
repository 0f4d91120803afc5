// The results of calls to Pinterest, as values: no HTTP error leaves this folder.
import type { Failure } from './failure.ts';

/** The facts about one exchange. It has no token, no body and nothing else that must not be logged. */
export interface Call {
  /** Null when no status line arrived. */
  status: number | null;
  /** Pinterest's own `code`, which is not the HTTP status. */
  pinterestCode: number | null;
  /** Pinterest's own message, shortened and without secrets. */
  message: string | null;
  /** `x-pinterest-rid`, which Pinterest's support needs. */
  requestId: string | null;
  durationMs: number;
  rateLimit: RateLimit | null;
  startedAt: Date;
  /** The header Date, in whole seconds. */
  servedAt?: Date | null;
}

/** The values of the `x-ratelimit-*` headers; null for a value that could not be read. */
export interface RateLimit {
  limit: number | null;
  remaining: number | null;
  /** Seconds to wait, not a time. */
  resetSeconds: number | null;
}

/** Expected failures are values; an exception is a bug. */
export type Answer<T> =
  | { kind: 'ok'; value: T; call: Call }
  | { kind: 'failed'; failure: Failure; call: Call };

/** Passes a failure on unchanged and a value through `change`. */
export function mapAnswer<A, B>(answer: Answer<A>, change: (value: A) => B): Answer<B> {
  return answer.kind === 'ok' ? { ...answer, value: change(answer.value) } : answer;
}

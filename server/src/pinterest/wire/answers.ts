// What a call to Pinterest comes to, as values: nobody outside this folder sees an HTTP error.
import type { Failure } from './failure.ts';

/** What is known about one exchange. Holds no token, no body, nothing that may not be logged. */
export interface Call {
  /** Null when no status line arrived. */
  status: number | null;
  /** Pinterest's own `code`, which is not the HTTP status. */
  pinterestCode: number | null;
  /** Pinterest's own words, shortened, secrets taken out. */
  message: string | null;
  /** `x-pinterest-rid`: what Pinterest's support asks for. */
  requestId: string | null;
  durationMs: number;
  rateLimit: RateLimit | null;
  startedAt: Date;
}

/** What the `x-ratelimit-*` headers said; null for what could not be read. */
export interface RateLimit {
  limit: number | null;
  remaining: number | null;
  /** Seconds to wait, not a moment. */
  resetSeconds: number | null;
}

/** Expected failures are values; what is thrown is a bug. */
export type Answer<T> =
  | { kind: 'ok'; value: T; call: Call }
  | { kind: 'failed'; failure: Failure; call: Call };

/** Passes a failure on unchanged and a value through `change`. */
export function mapAnswer<A, B>(answer: Answer<A>, change: (value: A) => B): Answer<B> {
  return answer.kind === 'ok' ? { ...answer, value: change(answer.value) } : answer;
}

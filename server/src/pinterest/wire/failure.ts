// A failure as callers see it, made from its reason and the circumstances.
import { type AccountProblem, type Reason, type ReasonCode, reasons, type Scope } from './reasons.ts';

export interface Failure {
  reason: ReasonCode;
  /** What happened, in one plain sentence. */
  message: string;
  /** What a person or the caller can do. */
  remediation: string;
  /** Whether the same request, sent again, may succeed and can do no harm. */
  retryable: boolean;
  /** How long to wait first; null leaves it to the caller's policy. */
  retryAfterMs: number | null;
  /** How often repeating makes sense; null when only time decides (rate limit, outage). 0 when not retryable. */
  repeatsMax: number | null;
  scope: Scope;
  accountProblem: AccountProblem;
}

interface Circumstances {
  retryable?: boolean;
  retryAfterMs?: number | null;
  repeatsMax?: number;
  scope?: Scope;
  /** Pinterest's words, already scrubbed. */
  said?: string | null;
}

export function failureFor(reason: ReasonCode, at: Circumstances = {}): Failure {
  const entry: Reason = reasons[reason];
  const retryable = at.retryable ?? false;
  return {
    reason,
    message: entry.quote && at.said ? `${entry.message} It said: “${at.said}”` : entry.message,
    remediation: entry.remediation,
    retryable,
    retryAfterMs: at.retryAfterMs ?? null,
    repeatsMax: retryable ? (at.repeatsMax ?? null) : 0,
    scope: at.scope ?? entry.scope,
    accountProblem: entry.accountProblem ?? 'none',
  };
}

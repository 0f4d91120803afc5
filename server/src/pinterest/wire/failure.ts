// A failure as callers see it, made from its reason and the circumstances.
import { type AccountProblem, type Reason, type ReasonCode, reasons, type Scope } from './reasons.ts';

export interface Failure {
  reason: ReasonCode;
  /** One plain sentence for people. */
  message: string;
  /** The remedy, for a person or the caller. */
  remediation: string;
  /** Whether the same request may succeed when it is sent again, and is harmless to repeat. */
  retryable: boolean;
  /** Time to wait before a retry; null leaves it to the caller's policy. */
  retryAfterMs: number | null;
  /** The maximum number of retries; null when only time decides (rate limit, outage). 0 when not retryable. */
  repeatsMax: number | null;
  scope: Scope;
  accountProblem: AccountProblem;
}

interface Circumstances {
  retryable?: boolean;
  retryAfterMs?: number | null;
  repeatsMax?: number;
  scope?: Scope;
  /** Pinterest's message, without secrets. */
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

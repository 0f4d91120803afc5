// Decides the outcome of a request: created, refused, postponed or lost. Pure, and the only place that does. The HTTP status
// comes first, then Pinterest's code, and its message only where nothing else decides. In doubt the outcome is `lost`, the
// only one that cannot create a second Pin.
import type { Failure } from './failure.ts';
import { failureFor } from './failure.ts';
import type { ReasonCode } from './reasons.ts';

/** How far a request got. */
export type Reach =
  /** Certainly nothing was sent: DNS, refused connection, TLS, or it never left our own queue. */
  | 'not_sent'
  /** Some or all of it may have been sent; no status line arrived. */
  | 'sent'
  /** A status line and headers arrived, but the body ended early or exceeded our limit. */
  | 'answer_broken'
  | 'answered_whole';

/** The facts about an exchange that decide its outcome. */
export interface Heard {
  reach: Reach;
  status: number | null;
  code: number | null;
  /** Pinterest's message, without secrets. */
  message: string | null;
  /** The body was a JSON object, so it comes from Pinterest itself and not from a gateway. */
  readable: boolean;
  /** The body has the expected fields: for a Pin, an id. */
  usable: boolean;
  /** From `Retry-After`. */
  retryAfterMs: number | null;
  /** From `x-ratelimit-reset`. */
  resetMs: number | null;
}

/** `created` stands for any success: the response has the expected fields. */
export type Verdict = { kind: 'created' } | { kind: 'refused' | 'postponed' | 'lost'; failure: Failure };

const minuteMs = 60_000;
/** Blocks usually end within a day, and retrying within seconds does not help (seen 2025, postiz-app #1962). */
const spamPauseMs = 4 * 60 * minuteMs;
/** The same address was accepted 25 minutes later (seen 2025, postiz-app #1931). */
const fetchPauseMs = 8 * minuteMs;
const fetchRepeatsMax = 4;
const busyPauseMs = 10_000;
const busyRepeatsMax = 6;
/** The limits per user renew each minute. A longer wait is the daily quota of a Trial app, which all accounts share. */
const userLimitMsMax = 15 * minuteMs;

export function verdictOf(heard: Heard): Verdict {
  if (heard.reach === 'not_sent') return postponed('connection_failed', {});
  const { status, code } = heard;
  if (heard.reach === 'sent' || status === null) return lost('answer_lost', heard);
  // Bursts of «Something went wrong on our end» on POST /pins, with an unknown status (seen 2025, postiz-app #1907).
  if (code === 2787) return lost('pinterest_unavailable', heard);
  if (status >= 200 && status < 300) {
    return heard.reach === 'answered_whole' && heard.usable
      ? { kind: 'created' }
      : lost('answer_unreadable', heard);
  }
  // A 303 would mean that the request succeeded, and a gateway's 301 that it did not: too uncertain to decide.
  if (status < 400) return lost('redirected', heard);
  if (status >= 500 || status === 408) return lost('pinterest_unavailable', heard);
  return judgeClientError(heard, status);
}

function judgeClientError(heard: Heard, status: number): Verdict {
  const { code } = heard;
  const says = (pattern: RegExp) => heard.message !== null && pattern.test(heard.message);

  // The status of the spam block is not established; its code and, with 429, its text are (api-quickstart; postiz-app #1962).
  if (code === 9 || (status === 429 && says(/spam/i))) {
    return postponed('spam_block', { retryAfterMs: Math.max(heard.retryAfterMs ?? 0, spamPauseMs) });
  }
  // These come from a gateway in front of the application, whatever the body says: the request was not acted on.
  if (status === 429) return rateLimited(heard);
  if (status === 401) return judgeUnauthorized(heard, says);
  if (status === 413) return refused('too_big', heard);
  if (bareRefusals.has(status)) return refused('invalid_request', heard);
  // Only a refusal by Pinterest itself is certain. The page of a gateway says nothing about the application behind it.
  if (!heard.readable) return lost('answer_unreadable', heard);

  if (says(/trial access|api-sandbox/i)) return refused('trial_app', heard);
  const reason = code === null ? undefined : reasonsByCode[code];
  if (reason) return refused(reason, heard);
  // The section's board is locked by another change: «Could not get exclusive access» (5.23.0, undeclared by 5.28).
  if (status === 409) {
    const retryAfterMs = heard.retryAfterMs ?? busyPauseMs;
    return postponed('busy', { retryAfterMs, repeatsMax: busyRepeatsMax });
  }
  if (status === 400 || code === 1) {
    if (says(/could not fetch|unable to reach the url/i)) {
      const retryAfterMs = heard.retryAfterMs ?? fetchPauseMs;
      return postponed('image_fetch_failed', {
        retryAfterMs,
        repeatsMax: fetchRepeatsMax,
        said: heard.message,
      });
    }
    if (says(/cover_image/i)) return refused('video_cover_missing', heard);
    if (says(/maxItems/i)) return refused('too_many_images', heard);
    if (says(/invalid (pin )?(link|url)|(link|url) is (not valid|invalid)/i))
      return refused('link_invalid', heard);
  }
  if (says(/spam/i)) return refused('blocked_as_spam', heard);
  if (status === 403) return refused('not_permitted', heard);
  if (status === 404) return refused(says(/media/i) ? 'media_not_found' : 'not_found', heard);
  return refused('invalid_request', heard);
}

/** Length required, URI too long, unsupported type, headers too large. */
const bareRefusals = new Set([411, 414, 415, 431]);

/** Pinterest's codes that are more specific than the status. 1, 2, 3, 8 and 9 are judged with their status. */
const reasonsByCode: Record<number, ReasonCode> = {
  7: 'not_permitted',
  29: 'not_permitted',
  40: 'board_not_found',
  50: 'pin_not_found',
  58: 'board_name_taken',
  233: 'image_too_small',
  235: 'image_broken',
  283: 'grant_invalid',
  2031: 'section_not_found',
  2625: 'account_disapproved',
  2626: 'account_under_review',
};

/** A 401 does not always mean an expired token: refreshing on code 3 would loop forever (seen 2023, api-quickstart #97). */
function judgeUnauthorized(heard: Heard, says: (pattern: RegExp) => boolean): Verdict {
  if (says(/consumer type/i)) return refused('app_not_approved', heard);
  if (says(/trial access|api-sandbox/i)) return refused('trial_app', heard);
  if (heard.code === 3) return refused('scope_missing', heard);
  if (heard.code === 7) return refused('not_permitted', heard);
  if (heard.code === 283) return refused('grant_invalid', heard);
  return postponed('token_invalid', { retryAfterMs: heard.retryAfterMs, repeatsMax: 1 });
}

/**
 * A daily quota was seen with 67,150 s to wait (airbyte #16161); `Retry-After` is undocumented but respected.
 * A wait of 0 after a refusal is ignored.
 */
function rateLimited(heard: Heard): Verdict {
  const retryAfterMs = heard.retryAfterMs || heard.resetMs || null;
  const scope = (retryAfterMs ?? 0) > userLimitMsMax ? 'app' : 'account';
  return postponed('rate_limited', { retryAfterMs, scope });
}

function refused(reason: ReasonCode, heard: Heard): Verdict {
  return { kind: 'refused', failure: failureFor(reason, { said: heard.message }) };
}

function postponed(reason: ReasonCode, at: Parameters<typeof failureFor>[1]): Verdict {
  return { kind: 'postponed', failure: failureFor(reason, { ...at, retryable: true }) };
}

/** Not retryable: a Pin that may exist must be searched for, not created again. */
function lost(reason: ReasonCode, heard: Heard): Verdict {
  return {
    kind: 'lost',
    failure: failureFor(reason, { retryAfterMs: heard.retryAfterMs, said: heard.message }),
  };
}

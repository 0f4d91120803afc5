// The table of outcomes: each row is an answer that Pinterest documents or that a developer reported, and its outcome.
import { describe, expect, test } from 'vitest';
import { type Heard, verdictOf } from './outcomes.ts';
import { type ReasonCode, reasons } from './reasons.ts';

type Kind = 'created' | 'refused' | 'postponed' | 'lost';

/** A readable JSON answer of Pinterest's own, without headers for waiting, unless overridden. */
function heard(over: Partial<Heard>): Heard {
  return {
    reach: 'answered_whole',
    status: null,
    code: null,
    message: null,
    readable: true,
    usable: false,
    retryAfterMs: null,
    resetMs: null,
    ...over,
  };
}

const hour = 3_600_000;
const trial = 'Apps with Trial access may not create Pins in production - use API Sandbox instead.';
const block = 'You’ve hit a block (Pins) we have in place to combat spam.';
const ourEnd = 'Sorry! Something went wrong on our end.';

type Row = [title: string, over: Partial<Heard>, kind: Kind, reason: ReasonCode | null];

/** Answers with a body of Pinterest's own: status, code, words. */
type Said = [status: number, code: number | null, message: string | null, kind: Kind, reason: ReasonCode];
const said: Said[] = [
  // Codes, one by one.
  [400, 1, 'Invalid parameters.', 'refused', 'invalid_request'],
  [400, 1, 'Invalid URL: link', 'refused', 'link_invalid'],
  [400, 1, 'Sorry we could not fetch the image.', 'postponed', 'image_fetch_failed'],
  [400, 1, 'Unable to reach the URL. Please check it.', 'postponed', 'image_fetch_failed'],
  [401, 2, 'Authentication failed.', 'postponed', 'token_invalid'],
  [401, 3, 'Your token does not have sufficient permissions.', 'refused', 'scope_missing'],
  [401, 3, 'Your application consumer type is not supported', 'refused', 'app_not_approved'],
  [401, 7, 'Not authorized to access Board or Pin.', 'refused', 'not_permitted'],
  [403, 7, 'Not authorized to access Board or Pin.', 'refused', 'not_permitted'],
  [429, 8, 'This request exceeded a rate limit.', 'postponed', 'rate_limited'],
  [429, 8, 'Several writes to one object in a short time.', 'postponed', 'rate_limited'],
  [429, 30, 'Too many requests.', 'postponed', 'rate_limited'],
  [429, 29, 'A vendor’s article has 29 for rate limits.', 'postponed', 'rate_limited'],
  [429, 9, block, 'postponed', 'spam_block'],
  [403, 9, block, 'postponed', 'spam_block'],
  [400, 9, null, 'postponed', 'spam_block'],
  [429, 8, 'Blocked for spam.', 'postponed', 'spam_block'],
  [403, 29, 'You are not permitted to access that resource.', 'refused', 'not_permitted'],
  [403, 29, trial, 'refused', 'trial_app'],
  [403, 3, trial, 'refused', 'trial_app'],
  [404, 40, 'Board not found.', 'refused', 'board_not_found'],
  [404, 50, 'Pin not found.', 'refused', 'pin_not_found'],
  [400, 58, 'Try a different name', 'refused', 'board_name_taken'],
  [409, 58, 'Try a different name', 'refused', 'board_name_taken'],
  [403, 233, 'Image is too small.', 'refused', 'image_too_small'],
  [403, 235, 'Image is broken.', 'refused', 'image_broken'],
  [400, 283, 'Authorization grant invalid', 'refused', 'grant_invalid'],
  [401, 283, 'Authorization grant invalid', 'refused', 'grant_invalid'],
  [404, 2031, 'Sorry! We couldn’t find this board section.', 'refused', 'section_not_found'],
  [403, 2625, 'Disapproved.', 'refused', 'account_disapproved'],
  [403, 2626, 'Under review.', 'refused', 'account_under_review'],
  [500, 2787, ourEnd, 'lost', 'pinterest_unavailable'],
  [400, 2787, ourEnd, 'lost', 'pinterest_unavailable'],
  [429, 2787, null, 'lost', 'pinterest_unavailable'],

  // Older operations repeat the status as the code.
  [400, 400, 'Invalid board section parameters.', 'refused', 'invalid_request'],
  [403, 403, 'Not authorized to create board sections.', 'refused', 'not_permitted'],
  [404, 404, 'Not found.', 'refused', 'not_found'],
  [404, 404, 'Media upload not found', 'refused', 'media_not_found'],
  [409, 409, 'Could not get exclusive access to the board.', 'postponed', 'busy'],
  [500, 500, 'Could not create a new board section.', 'lost', 'pinterest_unavailable'],

  // A 5xx is unknown whatever it says.
  [500, 0, 'Unexpected error.', 'lost', 'pinterest_unavailable'],
  [503, 9, block, 'lost', 'pinterest_unavailable'],
  [504, null, null, 'lost', 'pinterest_unavailable'],

  // Traps that developers reported. A token or board of the other environment looks like a bad one (2, 40 above).
  [400, 1, 'cover_image_url or cover_image_content_type is required', 'refused', 'video_cover_missing'],
  [400, 1, 'items: constraint: maxItems=5', 'refused', 'too_many_images'],
  [400, 1, "'abc' does not match '^\\d+$'", 'refused', 'invalid_request'],
  [400, 1, 'This link leads to spam.', 'refused', 'blocked_as_spam'],

  // Statuses and codes that were never seen.
  [422, 77, 'Something new.', 'refused', 'invalid_request'],
  [403, null, 'No.', 'refused', 'not_permitted'],
];

const unreadable = { readable: false, usable: false };
const rows: Row[] = [
  ...said.map(([status, code, message, kind, reason]): Row => {
    return [`${status}/${code} ${message}`, { status, code, message }, kind, reason];
  }),

  // How far it got.
  ['DNS, refused connection, TLS', { reach: 'not_sent', ...unreadable }, 'postponed', 'connection_failed'],
  ['cut before any byte of the answer', { reach: 'sent', ...unreadable }, 'lost', 'answer_lost'],
  ['201 with an id', { status: 201, usable: true }, 'created', null],
  ['200 instead of 201 (declared since 5.18.0)', { status: 200, usable: true }, 'created', null],
  ['201 without an id', { status: 201 }, 'lost', 'answer_unreadable'],
  ['201 without a body', { status: 201, ...unreadable }, 'lost', 'answer_unreadable'],
  [
    '201 cut in the middle',
    { status: 201, reach: 'answer_broken', ...unreadable },
    'lost',
    'answer_unreadable',
  ],
  [
    '201 cut after the id',
    { status: 201, reach: 'answer_broken', usable: true },
    'lost',
    'answer_unreadable',
  ],
  ['200 that says failure', { status: 200, code: 1, message: 'x' }, 'lost', 'answer_unreadable'],
  ['301 from a gateway', { status: 301, ...unreadable }, 'lost', 'redirected'],
  ['303, which would mean it is done', { status: 303, ...unreadable }, 'lost', 'redirected'],
  ['408', { status: 408, ...unreadable }, 'lost', 'pinterest_unavailable'],
  ['502 HTML', { status: 502, ...unreadable }, 'lost', 'pinterest_unavailable'],

  // The origin of a response: the page of a gateway is not a clear refusal, but some statuses come before the application.
  ['401 without JSON', { status: 401, ...unreadable }, 'postponed', 'token_invalid'],
  ['429 without JSON (Envoy)', { status: 429, ...unreadable }, 'postponed', 'rate_limited'],
  [
    '429 cut in the middle',
    { status: 429, reach: 'answer_broken', ...unreadable },
    'postponed',
    'rate_limited',
  ],
  ['413 without JSON', { status: 413, ...unreadable }, 'refused', 'too_big'],
  ['415 without JSON', { status: 415, ...unreadable }, 'refused', 'invalid_request'],
  ['400 without JSON', { status: 400, ...unreadable }, 'lost', 'answer_unreadable'],
  ['403 without JSON', { status: 403, ...unreadable }, 'lost', 'answer_unreadable'],
  ['404 without JSON', { status: 404, ...unreadable }, 'lost', 'answer_unreadable'],
  [
    '400 cut in the middle',
    { status: 400, reach: 'answer_broken', ...unreadable },
    'lost',
    'answer_unreadable',
  ],
];

describe('the meaning of a response', () => {
  test.each(rows)('%s', (_title, over, kind, reason) => {
    const verdict = verdictOf(heard(over));
    expect(verdict.kind).toBe(kind);
    expect('failure' in verdict ? verdict.failure.reason : null).toBe(reason);
  });

  test('only what is postponed may be sent again', () => {
    for (const [title, over, kind] of rows) {
      const verdict = verdictOf(heard(over));
      if (!('failure' in verdict)) continue;
      expect(verdict.failure.retryable, title).toBe(kind === 'postponed');
      expect(verdict.failure.repeatsMax, title).not.toBe(kind === 'postponed' ? 0 : null);
    }
  });

  test('no status, code or words turn a request that got no answer into anything but lost', () => {
    for (const [, over] of rows) {
      expect(verdictOf(heard({ ...over, reach: 'sent', status: null })).kind).toBe('lost');
    }
  });

  test('whatever the code, a 5xx is lost and only a usable 2xx is created', () => {
    for (let status = 100; status < 600; status += 1) {
      for (const code of [null, 1, 2, 3, 7, 8, 9, 29, 40, 58, 409, 2787]) {
        const { kind } = verdictOf(heard({ status, code }));
        expect(kind).not.toBe('created');
        if (status < 400 || status >= 500) expect(kind).toBe('lost');
      }
    }
  });
});

describe('pauses after a failure', () => {
  const failure = (over: Partial<Heard>) => {
    const verdict = verdictOf(heard(over));
    if (verdict.kind === 'created') throw new Error('a failure was expected');
    return verdict.failure;
  };

  test('a rate limit waits for Retry-After, else for the reset, else by the caller’s policy', () => {
    expect(failure({ status: 429, code: 8, retryAfterMs: 7_000, resetMs: 60_000 }).retryAfterMs).toBe(7_000);
    expect(failure({ status: 429, code: 8, resetMs: 60_000 }).retryAfterMs).toBe(60_000);
    expect(failure({ status: 429, code: 8 }).retryAfterMs).toBeNull();
    expect(failure({ status: 429, retryAfterMs: 0, resetMs: 60_000 }).retryAfterMs).toBe(60_000);
    expect(failure({ status: 429, retryAfterMs: 0, resetMs: 0 }).retryAfterMs).toBeNull();
  });

  test('a minute’s limit pauses the account; a daily quota (67,150 s seen) pauses the app', () => {
    expect(failure({ status: 429, code: 8, resetMs: 60_000 }).scope).toBe('account');
    expect(failure({ status: 429, code: 8, resetMs: 67_150_000 }).scope).toBe('app');
  });

  test('a spam block pauses the account for hours, however soon the rate limit is renewed', () => {
    const blocked = failure({ status: 429, code: 9, resetMs: 60_000, retryAfterMs: 1_000 });
    expect(blocked).toMatchObject({ scope: 'account', accountProblem: 'spam_block', retryAfterMs: 4 * hour });
    expect(failure({ status: 429, code: 9, retryAfterMs: 20 * hour }).retryAfterMs).toBe(20 * hour);
  });

  test('a stale token is worth one repeat after a refresh; a missing scope is not', () => {
    expect(failure({ status: 401, code: 2 })).toMatchObject({
      repeatsMax: 1,
      accountProblem: 'unauthorized',
    });
    expect(failure({ status: 401, code: 3 })).toMatchObject({
      repeatsMax: 0,
      accountProblem: 'unauthorized',
    });
  });

  test('a Trial or pending app concerns every account; no connection does too', () => {
    expect(failure({ status: 403, code: 29, message: trial }).scope).toBe('app');
    expect(failure({ status: 401, code: 3, message: 'consumer type is not supported' }).scope).toBe('app');
    expect(failure({ reach: 'not_sent' })).toMatchObject({ scope: 'app', repeatsMax: null });
  });

  test('an image that could not be fetched is tried a few times over tens of minutes', () => {
    const { repeatsMax, retryAfterMs } = failure({
      status: 400,
      code: 1,
      message: 'could not fetch the image',
    });
    expect((repeatsMax ?? 0) * (retryAfterMs ?? 0)).toBeGreaterThanOrEqual(25 * 60_000);
    expect((repeatsMax ?? 0) * (retryAfterMs ?? 0)).toBeLessThanOrEqual(60 * 60_000);
  });
});

describe('the messages of failures', () => {
  test('every reason has a message for people', () => {
    for (const [code, { message, remediation }] of Object.entries(reasons)) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
      for (const sentence of [message, remediation]) expect(sentence).toMatch(/^[A-Z].{10,}\.$/);
    }
  });

  test('Pinterest’s own words are added where they help', () => {
    const verdict = verdictOf(heard({ status: 400, code: 1, message: 'Board name is odd.' }));
    expect('failure' in verdict && verdict.failure.message).toContain('“Board name is odd.”');
  });
});

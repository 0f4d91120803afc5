// The table of what Pinterest's answers mean: each row is something Pinterest's documents or a developer
// reported, and what we make of it.
import { describe, expect, test } from 'vitest';
import { type Heard, judge } from './outcomes.ts';
import { type ReasonCode, reasons } from './reasons.ts';

type Kind = 'created' | 'refused' | 'postponed' | 'lost';

/** A readable JSON answer of Pinterest's own, without any waiting headers, unless a row says otherwise. */
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

type Row = [title: string, over: Partial<Heard>, kind: Kind, reason: ReasonCode | null];

const hour = 3_600_000;
const trialWords =
  'Apps with Trial access may not create Pins in production https://api.pinterest.com - use API Sandbox https://api-sandbox.pinterest.com instead.';

const rows: Row[] = [
  // How far it got.
  ['DNS, refused connection, TLS', { reach: 'not_sent', readable: false }, 'postponed', 'connection_failed'],
  ['cut before any byte of the answer', { reach: 'sent', readable: false }, 'lost', 'answer_lost'],
  ['201 with an id', { status: 201, usable: true }, 'created', null],
  ['200 instead of 201 (declared since 5.18.0)', { status: 200, usable: true }, 'created', null],
  ['201 without an id', { status: 201 }, 'lost', 'answer_unreadable'],
  ['201 without a body', { status: 201, readable: false }, 'lost', 'answer_unreadable'],
  [
    '201 with an id, cut after it',
    { status: 201, reach: 'answer_broken', usable: true },
    'lost',
    'answer_unreadable',
  ],
  [
    '201 cut in the middle',
    { status: 201, reach: 'answer_broken', readable: false },
    'lost',
    'answer_unreadable',
  ],
  ['200 that says failure', { status: 200, code: 1, message: 'x' }, 'lost', 'answer_unreadable'],
  ['301 from a gateway', { status: 301, readable: false }, 'lost', 'redirected'],
  ['303, which would mean it is done', { status: 303, readable: false }, 'lost', 'redirected'],
  ['408', { status: 408, readable: false }, 'lost', 'pinterest_unavailable'],

  // Codes, one by one.
  ['400/1', { status: 400, code: 1, message: 'Invalid parameters.' }, 'refused', 'invalid_request'],
  ['400/1 link', { status: 400, code: 1, message: 'Invalid URL: link' }, 'refused', 'link_invalid'],
  [
    '400/1 fetch',
    { status: 400, code: 1, message: 'Sorry we could not fetch the image.' },
    'postponed',
    'image_fetch_failed',
  ],
  [
    '400/1 reach',
    { status: 400, code: 1, message: 'Unable to reach the URL. Check it.' },
    'postponed',
    'image_fetch_failed',
  ],
  ['401/2', { status: 401, code: 2, message: 'Authentication failed.' }, 'postponed', 'token_invalid'],
  [
    '401/3 scope (401, not 403)',
    {
      status: 401,
      code: 3,
      message: 'Your token does not have sufficient permissions to perform this operation.',
    },
    'refused',
    'scope_missing',
  ],
  [
    '401/3 app pending',
    { status: 401, code: 3, message: 'Your application consumer type is not supported' },
    'refused',
    'app_not_approved',
  ],
  [
    '401/7',
    { status: 401, code: 7, message: 'Not authorized to access Board or Pin.' },
    'refused',
    'not_permitted',
  ],
  [
    '403/7',
    { status: 403, code: 7, message: 'Not authorized to access Board or Pin.' },
    'refused',
    'not_permitted',
  ],
  [
    '429/8',
    { status: 429, code: 8, message: 'This request exceeded a rate limit.' },
    'postponed',
    'rate_limited',
  ],
  [
    '429/30 (another document)',
    { status: 429, code: 30, message: 'Too many requests.' },
    'postponed',
    'rate_limited',
  ],
  ['429/29 (a vendor’s article)', { status: 429, code: 29, message: 'x' }, 'postponed', 'rate_limited'],
  [
    '429/9',
    { status: 429, code: 9, message: 'You’ve hit a block (Pins) we have in place to combat spam.' },
    'postponed',
    'spam_block',
  ],
  ['403/9', { status: 403, code: 9, message: 'You’ve hit a block' }, 'postponed', 'spam_block'],
  ['400/9', { status: 400, code: 9, message: null }, 'postponed', 'spam_block'],
  [
    '429 that speaks of spam',
    { status: 429, code: 8, message: 'blocked for spam' },
    'postponed',
    'spam_block',
  ],
  [
    '403/29',
    { status: 403, code: 29, message: 'You are not permitted to access that resource.' },
    'refused',
    'not_permitted',
  ],
  ['403/29 Trial app', { status: 403, code: 29, message: trialWords }, 'refused', 'trial_app'],
  ['403/3 Trial app (reported too)', { status: 403, code: 3, message: trialWords }, 'refused', 'trial_app'],
  ['404/40', { status: 404, code: 40, message: 'Board not found.' }, 'refused', 'board_not_found'],
  ['404/50', { status: 404, code: 50, message: 'Pin not found.' }, 'refused', 'pin_not_found'],
  ['400/58', { status: 400, code: 58, message: 'Try a different name' }, 'refused', 'board_name_taken'],
  ['409/58', { status: 409, code: 58, message: 'Try a different name' }, 'refused', 'board_name_taken'],
  ['403/233', { status: 403, code: 233, message: 'Image is too small.' }, 'refused', 'image_too_small'],
  ['403/235', { status: 403, code: 235, message: 'Image is broken.' }, 'refused', 'image_broken'],
  ['400/283', { status: 400, code: 283, message: 'Authorization grant invalid' }, 'refused', 'grant_invalid'],
  ['401/283', { status: 401, code: 283, message: 'Authorization grant invalid' }, 'refused', 'grant_invalid'],
  [
    '404/2031',
    { status: 404, code: 2031, message: 'Sorry! We couldn’t find this board section.' },
    'refused',
    'section_not_found',
  ],
  ['403/2625', { status: 403, code: 2625, message: 'Disapproved.' }, 'refused', 'account_disapproved'],
  ['403/2626', { status: 403, code: 2626, message: 'Under review.' }, 'refused', 'account_under_review'],
  [
    '2787 with 500',
    { status: 500, code: 2787, message: 'Sorry! Something went wrong on our end.' },
    'lost',
    'pinterest_unavailable',
  ],
  [
    '2787 with 400',
    { status: 400, code: 2787, message: 'Sorry! Something went wrong on our end.' },
    'lost',
    'pinterest_unavailable',
  ],
  ['2787 with 429', { status: 429, code: 2787, message: null }, 'lost', 'pinterest_unavailable'],
  [
    '400/400',
    { status: 400, code: 400, message: 'Invalid board section parameters.' },
    'refused',
    'invalid_request',
  ],
  [
    '403/403',
    { status: 403, code: 403, message: 'Not authorized to create board sections.' },
    'refused',
    'not_permitted',
  ],
  ['404/404', { status: 404, code: 404, message: 'Not found.' }, 'refused', 'not_found'],
  [
    '404/404 media',
    { status: 404, code: 404, message: 'Media upload not found' },
    'refused',
    'media_not_found',
  ],
  [
    '409/409',
    {
      status: 409,
      code: 409,
      message: 'Could not get exclusive access to the board to create a new section.',
    },
    'postponed',
    'busy',
  ],
  [
    '500/500',
    { status: 500, code: 500, message: 'Could not create a new board section.' },
    'lost',
    'pinterest_unavailable',
  ],
  ['502 HTML', { status: 502, readable: false }, 'lost', 'pinterest_unavailable'],
  ['503', { status: 503, code: 9, message: 'spam' }, 'lost', 'pinterest_unavailable'],
  ['504', { status: 504, readable: false }, 'lost', 'pinterest_unavailable'],

  // Traps developers reported.
  [
    'token of the other environment',
    { status: 401, code: 2, message: 'Authentication failed.' },
    'postponed',
    'token_invalid',
  ],
  [
    'board of the other environment',
    { status: 404, code: 40, message: 'Board not found.' },
    'refused',
    'board_not_found',
  ],
  [
    'video without a cover',
    { status: 400, code: 1, message: 'cover_image_url or cover_image_content_type is required' },
    'refused',
    'video_cover_missing',
  ],
  [
    'six slides',
    { status: 400, code: 1, message: 'items: constraint: maxItems=5' },
    'refused',
    'too_many_images',
  ],
  [
    'board id not digits',
    { status: 400, code: 1, message: "'abc' does not match '^\\d+$'" },
    'refused',
    'invalid_request',
  ],
  [
    'shortener taken for spam',
    { status: 400, code: 1, message: 'This link leads to spam.' },
    'refused',
    'blocked_as_spam',
  ],

  // Who is speaking: a gateway's page is no clear refusal, but some statuses come before the application.
  ['401 without JSON', { status: 401, readable: false }, 'postponed', 'token_invalid'],
  ['429 without JSON (Envoy)', { status: 429, readable: false }, 'postponed', 'rate_limited'],
  [
    '429 cut in the middle',
    { status: 429, reach: 'answer_broken', readable: false },
    'postponed',
    'rate_limited',
  ],
  ['413 without JSON', { status: 413, readable: false }, 'refused', 'too_big'],
  ['415 without JSON', { status: 415, readable: false }, 'refused', 'invalid_request'],
  ['400 without JSON', { status: 400, readable: false }, 'lost', 'answer_unreadable'],
  ['403 without JSON', { status: 403, readable: false }, 'lost', 'answer_unreadable'],
  ['404 without JSON', { status: 404, readable: false }, 'lost', 'answer_unreadable'],
  [
    '400 cut in the middle',
    { status: 400, reach: 'answer_broken', readable: false },
    'lost',
    'answer_unreadable',
  ],
  ['a new 4xx with JSON', { status: 422, code: 77, message: 'Something new.' }, 'refused', 'invalid_request'],
  ['403 with JSON and no code', { status: 403, message: 'No.' }, 'refused', 'not_permitted'],
];

describe('what an answer means', () => {
  test.each(rows)('%s', (_title, over, kind, reason) => {
    const verdict = judge(heard(over));
    expect(verdict.kind).toBe(kind);
    expect('failure' in verdict ? verdict.failure.reason : null).toBe(reason);
  });

  test('only what is postponed may be sent again', () => {
    for (const [title, over, kind] of rows) {
      const verdict = judge(heard(over));
      if (!('failure' in verdict)) continue;
      expect(verdict.failure.retryable, title).toBe(kind === 'postponed');
      expect(verdict.failure.repeatsMax, title).not.toBe(kind === 'postponed' ? 0 : null);
    }
  });

  test('no status, code or words turn a request that got no answer into anything but lost', () => {
    for (const [, over] of rows) {
      expect(judge(heard({ ...over, reach: 'sent', status: null })).kind).toBe('lost');
    }
  });

  test('whatever the code, a 5xx is lost and only a usable 2xx is created', () => {
    for (let status = 100; status < 600; status += 1) {
      for (const code of [null, 1, 2, 3, 7, 8, 9, 29, 40, 58, 409, 2787]) {
        const { kind } = judge(heard({ status, code }));
        expect(kind).not.toBe('created');
        if (status < 400 || status >= 500) expect(kind).toBe('lost');
      }
    }
  });
});

describe('who should pause, and for how long', () => {
  const failure = (over: Partial<Heard>) => {
    const verdict = judge(heard(over));
    if (verdict.kind === 'created') throw new Error('a failure was expected');
    return verdict.failure;
  };

  test('a rate limit waits for Retry-After, else for the reset, else by the caller’s policy', () => {
    expect(failure({ status: 429, code: 8, retryAfterMs: 7_000, resetMs: 60_000 }).retryAfterMs).toBe(7_000);
    expect(failure({ status: 429, code: 8, resetMs: 60_000 }).retryAfterMs).toBe(60_000);
    expect(failure({ status: 429, code: 8 }).retryAfterMs).toBeNull();
  });

  test('a minute’s limit pauses the account; a daily quota (67,150 s seen) pauses the app', () => {
    expect(failure({ status: 429, code: 8, resetMs: 60_000 }).scope).toBe('account');
    expect(failure({ status: 429, code: 8, resetMs: 67_150_000 }).scope).toBe('app');
  });

  test('a spam block pauses the account for hours, however soon the rate limit is renewed', () => {
    const block = failure({ status: 429, code: 9, resetMs: 60_000, retryAfterMs: 1_000 });
    expect(block).toMatchObject({ scope: 'account', accountProblem: 'spam_block', retryAfterMs: 4 * hour });
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
    expect(failure({ status: 403, code: 29, message: trialWords }).scope).toBe('app');
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

describe('the sentences', () => {
  test('every reason can be read by a person', () => {
    for (const [code, { message, remediation }] of Object.entries(reasons)) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
      for (const sentence of [message, remediation]) expect(sentence).toMatch(/^[A-Z].{10,}\.$/);
    }
  });

  test('Pinterest’s own words are added where they help', () => {
    const verdict = judge(heard({ status: 400, code: 1, message: 'Board name is odd.' }));
    expect('failure' in verdict && verdict.failure.message).toContain('“Board name is odd.”');
  });
});

// Reads the headers with the remaining budget and the time to wait. The time is passed in.
import type { IncomingHttpHeaders } from 'node:http';
import type { RateLimit } from './answers.ts';

/** A wait of more than a month is a misreading, for example of an epoch time. */
const waitSecondsMax = 31 * 24 * 3600;

export interface RateHeaders {
  rateLimit: RateLimit | null;
  /** `Retry-After`, as seconds or as a date. Not documented by Pinterest; respected when present. */
  retryAfterMs: number | null;
  /** `x-ratelimit-reset`, which is seconds to wait and not a time (67150 seen on a spent daily quota). */
  resetMs: number | null;
}

export function parseRateHeaders(headers: IncomingHttpHeaders, now: Date): RateHeaders {
  const limit = leadingInteger(headers['x-ratelimit-limit']);
  const remaining = leadingInteger(headers['x-ratelimit-remaining']);
  const resetSeconds = plausibleWait(leadingInteger(headers['x-ratelimit-reset']));
  const known = limit !== null || remaining !== null || resetSeconds !== null;
  return {
    rateLimit: known ? { limit, remaining, resetSeconds } : null,
    retryAfterMs: parseRetryAfter(joined(headers['retry-after']), now),
    resetMs: resetSeconds === null ? null : resetSeconds * 1000,
  };
}

/** Envoy writes lists such as `100, 100;w=60`: the first number is the one in force. */
function leadingInteger(value: string | string[] | undefined): number | null {
  const digits = /^\s*(\d{1,15})(?:\.\d+)?\s*(?:[,;]|$)/.exec(joined(value) ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}

function parseRetryAfter(value: string | null, now: Date): number | null {
  if (value === null) return null;
  const seconds = plausibleWait(leadingInteger(value));
  if (seconds !== null) return seconds * 1000;
  // An HTTP date has letters; without this check `Date.parse` would take odd numbers for years.
  const moment = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(moment)) return null;
  const waitMs = Math.max(0, moment - now.getTime());
  return waitMs > waitSecondsMax * 1000 ? null : waitMs;
}

function plausibleWait(seconds: number | null): number | null {
  return seconds === null || seconds > waitSecondsMax ? null : seconds;
}

function joined(value: string | string[] | undefined): string | null {
  if (value === undefined) return null;
  return Array.isArray(value) ? value.join(', ') : value;
}

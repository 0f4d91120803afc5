import { describe, expect, test } from 'vitest';
import { parseRateHeaders } from './rate-headers.ts';

const now = new Date('2026-03-01T12:00:00Z');

describe('x-ratelimit-*', () => {
  test.each([
    ['1000', '999', '60', { limit: 1000, remaining: 999, resetSeconds: 60 }],
    ['100, 100;w=60', '0', '67150', { limit: 100, remaining: 0, resetSeconds: 67150 }],
    ['100;w=1, 1000;w=60', ' 12 ', '0', { limit: 100, remaining: 12, resetSeconds: 0 }],
    ['300', '7', '12.7', { limit: 300, remaining: 7, resetSeconds: 12 }],
    ['many', '-1', '1767225600', null],
    ['', '', '', null],
    ['10abc', '5', '1e3', { limit: null, remaining: 5, resetSeconds: null }],
  ])('%j %j %j', (limit, remaining, reset, expected) => {
    const headers = {
      'x-ratelimit-limit': limit,
      'x-ratelimit-remaining': remaining,
      'x-ratelimit-reset': reset,
    };
    expect(parseRateHeaders(headers, now).rateLimit).toEqual(expected);
  });

  test('a repeated header counts by its first', () => {
    const headers = { 'x-ratelimit-limit': ['100', '1000'] };
    expect(parseRateHeaders(headers, now).rateLimit).toMatchObject({ limit: 100, remaining: null });
  });

  test('without rate limit headers no limit is known', () => {
    expect(parseRateHeaders({}, now)).toEqual({ rateLimit: null, retryAfterMs: null, resetMs: null });
  });

  test('the reset is a wait in milliseconds for the caller', () => {
    expect(parseRateHeaders({ 'x-ratelimit-reset': '67150' }, now).resetMs).toBe(67_150_000);
  });
});

describe('Retry-After', () => {
  test.each([
    ['120', 120_000],
    ['0', 0],
    ['Sun, 01 Mar 2026 12:01:30 GMT', 90_000],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
    ['Sun, 01 Mar 2099 11:00:00 GMT', null],
    ['99999999999', null],
    ['soon', null],
    ['-5', null],
    ['', null],
  ])('%j', (value, expected) => {
    expect(parseRateHeaders({ 'retry-after': value }, now).retryAfterMs).toBe(expected);
  });
});

import { describe, expect, test } from 'vitest';
import { addMs } from '../../../platform/clock.ts';
import { deliveryLifeMs, nextAttemptAt, quietMs } from './retry.ts';

const hour = 3_600_000;

/** When each attempt would be made if all failed, in milliseconds from the first. */
function attemptsOf(random: () => number): number[] {
  const first = new Date('2027-03-01T08:00:00Z');
  const expiresAt = addMs(first, deliveryLifeMs);
  const moments = [first];
  for (;;) {
    const now = moments.at(-1) ?? first;
    const next = nextAttemptAt(moments.length, { now, expiresAt, random });
    if (!next) return moments.map((moment) => moment.getTime() - first.getTime());
    moments.push(next);
  }
}

describe('a delivery', () => {
  test('a delivery is attempted within seconds first, then less and less often, for three days', () => {
    const attempts = attemptsOf(() => 0.5);
    expect(attempts.slice(0, 5).map((ms) => ms / 1000)).toEqual([0, 5, 35, 155, 755]);
    expect(attempts.length).toBeGreaterThan(15);
    expect(attempts.at(-1)).toBeGreaterThan(deliveryLifeMs - 5 * hour);
    expect(attempts.at(-1)).toBeLessThan(deliveryLifeMs);
  });

  test('attempts of a delivery have a jitter of one fifth', () => {
    expect(attemptsOf(() => 0)[1]).toBe(4_000);
    expect(attemptsOf(() => 1)[1]).toBe(6_000);
  });
});

test('an endpoint is paused after five failures in a row, for at most a quarter of an hour', () => {
  const half = () => 0.5;
  expect(quietMs(4, half)).toBeNull();
  expect([5, 6, 7].map((failures) => quietMs(failures, half))).toEqual([10_000, 20_000, 40_000]);
  expect(quietMs(1_000_000, half)).toBe(15 * 60_000);
});

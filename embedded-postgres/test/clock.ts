// A clock that stands still until the test moves it.
import type { Clock } from '../src/clock.ts';

interface Timer {
  periodMs: number;
  leftMs: number;
  run: () => void;
}

export interface TestClock extends Clock {
  /** Runs the timers that become due. */
  advance(ms: number): void;
}

export function createTestClock(): TestClock {
  const timers = new Set<Timer>();
  return {
    every(periodMs, run) {
      const timer = { periodMs, leftMs: periodMs, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      for (const timer of timers) {
        timer.leftMs -= ms;
        for (; timer.leftMs <= 0; timer.leftMs += timer.periodMs) timer.run();
      }
    },
  };
}

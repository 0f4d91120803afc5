// A clock that moves only when the test advances it.
import { addMs, type Clock } from '../src/platform/clock.ts';

export interface TestClock extends Clock {
  /** Advances the time, and runs the timers that become due, each at its own moment. */
  advance(ms: number): void;
  /** Sets the time, as a person or NTP sets a clock: no timer runs. */
  set(time: Date): void;
}

interface Timer {
  at: number;
  run: () => void;
  periodMs: number | null;
}

/** @param start A fixed time, so that failures can be reproduced */
export function createTestClock(start = new Date('2027-03-01T08:00:00Z')): TestClock {
  let now = start;
  const timers = new Set<Timer>();

  function add(timer: Timer) {
    timers.add(timer);
    return () => {
      timers.delete(timer);
    };
  }

  function nextUntil(end: number): Timer | undefined {
    return [...timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
  }

  return {
    now: () => now,
    after: (delayMs, run) => add({ at: now.getTime() + Math.max(delayMs, 0), run, periodMs: null }),
    every: (periodMs, run) => add({ at: now.getTime() + periodMs, run, periodMs }),
    set(time) {
      now = time;
    },
    advance(ms) {
      const end = addMs(now, ms);
      for (let timer = nextUntil(end.getTime()); timer; timer = nextUntil(end.getTime())) {
        now = new Date(Math.max(timer.at, now.getTime()));
        if (timer.periodMs === null) timers.delete(timer);
        else timer.at += timer.periodMs;
        timer.run();
      }
      now = end;
    },
  };
}

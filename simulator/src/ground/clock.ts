// The simulator's time: the base clock plus an offset that the control interface sets.
// Everything that Pinterest decides by time uses it; only network delays use real timers.
export interface Clock {
  now(): Date;
  nowMs(): number;
  offsetMs(): number;
  advance(milliseconds: number): void;
  setTo(moment: Date): void;
}

/** The latest moment a Date can hold; beyond it toISOString throws. */
const lastMomentMs = 8.64e15;

export function createClock(base: () => Date, offsetMs = 0): Clock {
  let offset = offsetMs;
  const nowMs = () => Math.max(0, Math.min(lastMomentMs, base().getTime() + offset));
  return {
    now: () => new Date(nowMs()),
    nowMs,
    offsetMs: () => offset,
    advance(milliseconds) {
      offset += milliseconds;
    },
    setTo(moment) {
      offset = moment.getTime() - base().getTime();
    },
  };
}

// The only file that reads the machine's time or sets a timer. All other code receives a Clock, so that tests control
// the time and never sleep.

/** Cancels a timer. Has no effect when called twice or after the timer has run. */
export type Cancel = () => void;

export interface Clock {
  now(): Date;
  /** Calls `run` once after `delayMs`, or as soon as possible if `delayMs` is 0 or less. */
  after(delayMs: number, run: () => void): Cancel;
  /** Calls `run` every `periodMs` until canceled. */
  every(periodMs: number, run: () => void): Cancel;
}

/** Node's timers hold 31 bits of milliseconds; a longer delay would fire at once. */
const delayMsMax = 2 ** 31 - 1;

/** The machine's clock. Its timers do not keep the process running; the servers do. */
export const systemClock: Clock = {
  now: () => new Date(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), delayMsMax));
    timer.unref();
    return () => clearTimeout(timer);
  },
  every(periodMs, run) {
    const timer = setInterval(run, periodMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};

/** Keeps the process running until canceled, which the timers of `systemClock` do not. */
export function keepAlive(): Cancel {
  const timer = setInterval(() => {}, delayMsMax);
  return () => clearInterval(timer);
}

/** Returns whole Unix seconds, the API's format of times, rounded down. */
export function toUnixSeconds(moment: Date): number {
  return Math.floor(moment.getTime() / 1000);
}

export function addMs(moment: Date, ms: number): Date {
  return new Date(moment.getTime() + ms);
}

/** Waits in real time. Only for polling processes and files; to wait until a time, use a Clock. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Yields to the event loop, between the pieces of long work. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

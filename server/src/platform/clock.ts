// The only file that asks the machine for the time or sets a timer. Everything else is given a Clock,
// so that a test decides what time it is and nothing under test ever sleeps.

/** Ends a timer. Calling it twice, or after the timer has run, does nothing. */
export type Cancel = () => void;

export interface Clock {
  /** The present moment. */
  now(): Date;
  /** Calls `run` once, `delayMs` from now (at once when it is 0 or less). */
  after(delayMs: number, run: () => void): Cancel;
  /** Calls `run` each `periodMs` until cancelled. */
  every(periodMs: number, run: () => void): Cancel;
}

/** Node's timers hold 31 bits of milliseconds; a longer delay would fire at once. */
const delayMsMax = 2 ** 31 - 1;

/** The machine's clock. Its timers do not keep the process alive; the servers do. */
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

/** Keeps the process from ending while nothing but timers is left; systemClock's do not. */
export function keepAlive(): Cancel {
  const timer = setInterval(() => {}, delayMsMax);
  return () => clearInterval(timer);
}

/** A moment as the contract's integer Unix seconds. */
export function toUnixSeconds(moment: Date): number {
  return Math.floor(moment.getTime() / 1000);
}

export function addMs(moment: Date, ms: number): Date {
  return new Date(moment.getTime() + ms);
}

/** A real pause, for polling what only the machine knows (a process, a file). Never for waiting until a time. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Lets everything else that waits in this process run first; for long work that is done in pieces. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

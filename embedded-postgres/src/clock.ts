// The only file of this package that sets a timer. Pauses are for polling a process, a file or a lock.
/** Ends a timer. Calling it twice has no effect. */
export type Cancel = () => void;

export interface Clock {
  /** Calls `run` each `periodMs` until cancelled. */
  every(periodMs: number, run: () => void): Cancel;
}

/** The machine's clock. Its timer does not keep the process alive. */
export const systemClock: Clock = {
  every(periodMs, run) {
    const timer = setInterval(run, periodMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Blocks the whole process, for polling while it exits, where nothing can be awaited. */
export function pauseNow(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

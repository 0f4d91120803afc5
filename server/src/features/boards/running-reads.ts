// The reads from Pinterest that are in progress in this process. Many requests for one account share one read.
import type { Failure } from '../../pinterest/index.ts';

export interface RunningReads {
  /** Starts the read, or joins the read with the same key that is in progress. */
  join(key: string, read: () => Promise<Failure | null>): Promise<Failure | null>;
}

/** Nothing is running at first. One for each process. */
export function createRunningReads(): RunningReads {
  const running = new Map<string, Promise<Failure | null>>();
  return {
    join(key, read) {
      const current = running.get(key);
      if (current) return current;
      const started = read().finally(() => running.delete(key));
      running.set(key, started);
      return started;
    },
  };
}

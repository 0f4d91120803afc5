// A gate limits the number of tasks that run at a time and the memory that they use together. Tasks are admitted in
// order.

/** The permit of a task that has entered the gate or waits for it. */
export interface Permit {
  /** Resolves when the task is admitted. */
  granted: Promise<void>;
  /** Leaves the gate or its queue. Must be called exactly once. */
  release(): void;
}

export interface Gate {
  /** @param bytes The memory that the task needs */
  enter(bytes?: number): Permit;
  /** Waits for a permit, runs `work`, and releases the permit. */
  run<T>(bytes: number, work: () => Promise<T>): Promise<T>;
}

/**
 * @param permits The maximum number of tasks at a time
 * @param bytesMax The maximum memory of all tasks together. A task that needs more is admitted alone
 */
export function createGate(permits: number, bytesMax = Number.POSITIVE_INFINITY): Gate {
  const waiting: { bytes: number; grant: () => void }[] = [];
  let admitted = 0;
  let bytesUsed = 0;

  function admitNext(): void {
    const next = waiting[0];
    if (!next || admitted >= permits || (admitted > 0 && bytesUsed + next.bytes > bytesMax)) return;
    waiting.shift();
    admitted += 1;
    bytesUsed += next.bytes;
    next.grant();
    admitNext();
  }

  function enter(bytes = 0): Permit {
    const { promise: granted, resolve: grant } = Promise.withResolvers<void>();
    const entry = { bytes, grant };
    waiting.push(entry);
    admitNext();
    return {
      granted,
      release() {
        const index = waiting.indexOf(entry);
        if (index >= 0) {
          waiting.splice(index, 1);
        } else {
          admitted -= 1;
          bytesUsed -= bytes;
        }
        admitNext();
      },
    };
  }

  return { enter, run: runWith(enter) };
}

/** Returns the `run` of a gate with this `enter`. */
export function runWith(enter: Gate['enter']): Gate['run'] {
  return async (bytes, work) => {
    const permit = enter(bytes);
    try {
      await permit.granted;
      return await work();
    } finally {
      permit.release();
    }
  };
}

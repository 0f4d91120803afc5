// A gate limits how many tasks run at a time, and how much memory they use together. First come, first served.

/** A place in the queue of a gate, and then inside. */
export interface Permit {
  /** Resolves when it is admitted. */
  granted: Promise<void>;
  /** Must be called once: leaves the gate, or the queue in front of it. */
  release(): void;
}

export interface Gate {
  /** @param bytes How much memory it will need. */
  enter(bytes?: number): Permit;
  /** Waits for a permit, runs `work`, and releases the permit. */
  run<T>(bytes: number, work: () => Promise<T>): Promise<T>;
}

/**
 * @param permits How many are admitted at a time.
 * @param bytesMax How much memory they may need together; one that needs more than this is admitted alone.
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

  return {
    enter,
    async run(bytes, work) {
      const permit = enter(bytes);
      try {
        await permit.granted;
        return await work();
      } finally {
        permit.release();
      }
    },
  };
}

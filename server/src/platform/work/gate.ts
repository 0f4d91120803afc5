// Lets only so many work at once, and only so much memory be used by them together.

export interface Turn {
  /** When it is this one's turn. */
  ready: Promise<void>;
  /** Must be called once: gives the place back, or gives up waiting for it. */
  leave(): void;
}

export interface Gate {
  /** First come, first served. @param bytes What it will need */
  enter(bytes?: number): Turn;
  /** Waits, works, and leaves. */
  run<T>(bytes: number, work: () => Promise<T>): Promise<T>;
}

/**
 * @param slots How many may work at once
 * @param bytesMax What they may need together; one that needs more than this works alone
 */
export function createGate(slots: number, bytesMax = Number.POSITIVE_INFINITY): Gate {
  const waiting: { bytes: number; start: () => void }[] = [];
  let working = 0;
  let used = 0;

  function startNext(): void {
    const next = waiting[0];
    if (!next || working >= slots || (working > 0 && used + next.bytes > bytesMax)) return;
    waiting.shift();
    working += 1;
    used += next.bytes;
    next.start();
    startNext();
  }

  function enter(bytes = 0): Turn {
    const { promise: ready, resolve: start } = Promise.withResolvers<void>();
    const entry = { bytes, start };
    waiting.push(entry);
    startNext();
    return {
      ready,
      leave() {
        const place = waiting.indexOf(entry);
        if (place >= 0) {
          waiting.splice(place, 1);
        } else {
          working -= 1;
          used -= bytes;
        }
        startNext();
      },
    };
  }

  return {
    enter,
    async run(bytes, work) {
      const turn = enter(bytes);
      try {
        await turn.ready;
        return await work();
      } finally {
        turn.leave();
      }
    },
  };
}

// Lets only so many decoders work at once, and only so much memory be used by them together.

export interface DecodeGate {
  /** Runs `work` when there is room for it. First come, first served. */
  run<T>(bytes: number, work: () => Promise<T>): Promise<T>;
}

/**
 * @param slots How many may run at once
 * @param bytesMax What they may need together; one that needs more than this runs alone
 */
export function createDecodeGate(slots: number, bytesMax: number): DecodeGate {
  const waiting: { bytes: number; start: () => void }[] = [];
  let running = 0;
  let used = 0;

  function startNext(): void {
    const next = waiting[0];
    if (!next || running >= slots || (running > 0 && used + next.bytes > bytesMax)) return;
    waiting.shift();
    running += 1;
    used += next.bytes;
    next.start();
    startNext();
  }

  return {
    async run(bytes, work) {
      await new Promise<void>((start) => {
        waiting.push({ bytes, start });
        startNext();
      });
      try {
        return await work();
      } finally {
        running -= 1;
        used -= bytes;
        startNext();
      }
    },
  };
}

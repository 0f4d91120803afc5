// Decides when to poll next. A part of the poller, which describes it.
import type { Cancel, Clock } from '../clock.ts';

export interface PollTimerParts {
  clock: Clock;
  pollMs: number;
  /** Returns the current minimum time between the starts of two polls. */
  spacingMs(): number;
  /** Polls once. Returns the milliseconds until work may be due. @param isWoken Returns true if `wake` was called meanwhile */
  poll(isWoken: () => boolean): Promise<number>;
  failed(error: unknown): void;
}

export interface PollTimer {
  start(): void;
  /** Polls as soon as the spacing allows, because work may be due. */
  wake(): void;
  stop(): void;
}

/** The delay after a failed poll. Doubles with each further failure, up to `pollMs`. */
const retryMs = 250;

export function createPollTimer({ clock, pollMs, spacingMs, poll, failed }: PollTimerParts): PollTimer {
  let mode: 'off' | 'waiting' | 'polling' | 'backing off' = 'off';
  let isWoken = false;
  let failures = 0;
  let polledAt = Number.NEGATIVE_INFINITY;
  let cancel: Cancel = () => {};

  function plan(inMs: number): void {
    cancel();
    cancel = clock.after(inMs, () => {
      mode = 'waiting';
      wake();
    });
  }

  function wake(): void {
    if (mode === 'polling') isWoken = true;
    if (mode !== 'waiting') return;
    const agoMs = clock.now().getTime() - polledAt;
    const waitMs = spacingMs() - agoMs;
    // A clock that was set back must not delay the poll.
    if (agoMs >= 0 && waitMs > 0) plan(waitMs);
    else void pollNow();
  }

  async function pollNow(): Promise<void> {
    cancel();
    mode = 'polling';
    isWoken = false;
    polledAt = clock.now().getTime();
    let inMs: number;
    try {
      inMs = await poll(() => isWoken);
    } catch (error) {
      failures += 1;
      failed(error);
      if (isOff()) return;
      mode = 'backing off';
      return plan(Math.min(pollMs, retryMs * 2 ** (failures - 1)));
    }
    failures = 0;
    if (isOff()) return;
    mode = 'waiting';
    // An item may have become due after the next wake-up was read.
    if (isWoken) wake();
    else plan(inMs);
  }

  // A function, because `stop` may have been called during an await.
  const isOff = () => mode === 'off';

  return {
    start() {
      mode = 'waiting';
      wake();
    },
    wake,
    stop() {
      mode = 'off';
      cancel();
    },
  };
}

// Waits for what happens outside of our process and gives no sign: another process, a row, a file.
import { pause } from '../src/platform/clock.ts';

const pollMs = 5;

/** The first answer that is neither undefined nor false. Fails when there is none in time. */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  withinMs = 10_000,
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>;
    if (performance.now() > deadline) throw new Error(`Not within ${withinMs} ms: ${what}.`);
    await pause(pollMs);
  }
}

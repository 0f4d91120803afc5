// Polls for a change that sends no notification: of another process, a row or a file.
import { pause } from '../src/platform/clock.ts';

const pollMs = 5;

/** Returns the first result that is neither undefined nor false. Throws if there is none in time. */
export async function eventually<T>(
  what: string,
  find: () => T | Promise<T>,
  withinMs = 10_000,
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const result = await find();
    if (result !== undefined && result !== false) return result as Exclude<T, undefined | false>;
    if (performance.now() > deadline) throw new Error(`Not within ${withinMs} ms: ${what}.`);
    await pause(pollMs);
  }
}

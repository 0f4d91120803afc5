// Waits for something outside of this process that gives no sign: another process, a row, a file.
import { pause } from '../src/clock.ts';

const pollMs = 5;

/** The first result that is neither undefined nor false. Fails when there is none in time. */
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

import { expect, it } from 'vitest';
import { createTestClock } from '../../../test/clock.ts';
import { runThread } from './run-thread.ts';

const program = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
const limits = { timeoutMs: 1000, heapMegabytes: 16 };
const threads = "import { parentPort, workerData } from 'node:worker_threads';";

it('runThread returns the message that the program posts', async () => {
  const double = program(`${threads} parentPort.postMessage(workerData * 2);`);
  expect(await runThread(double, 21, limits, createTestClock())).toEqual({ kind: 'answered', answer: 42 });
});

it.each([
  ['throws', "throw new Error('broken')", 'broken'],
  ['ends without a message', '', 'the thread ended without an answer'],
  ['fills its memory', 'const all = []; for (;;) all.push(new Array(1000).fill({}))', /memory limit/],
])('a thread that %s fails with the reason', async (_name, code, why) => {
  const result = await runThread(program(code), null, limits, createTestClock());
  expect(result).toEqual({ kind: 'failed', why: typeof why === 'string' ? why : expect.stringMatching(why) });
});

it('a thread that never ends is terminated at the timeout', async () => {
  const clock = createTestClock();
  const running = runThread(program('for (;;);'), null, limits, clock);
  clock.advance(1000);
  expect(await running).toEqual({ kind: 'failed', why: 'takes too long' });
});

// Runs a task in a separate thread, for code that may use too much memory or time with hostile input. The thread is
// then terminated without affecting other work.
import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';

export interface ThreadLimits {
  timeoutMs: number;
  /** The memory for JavaScript objects. WebAssembly and buffers do not count. */
  heapMegabytes: number;
}

export type ThreadResult<Answer> = { kind: 'answered'; answer: Answer } | { kind: 'failed'; why: string };

/**
 * @param program A module that reads `workerData` and posts one message to its parent
 * @returns The message, or the reason why there was none: the timeout, the memory limit, or an error of the program
 */
export async function runThread<Answer>(
  program: URL,
  workerData: unknown,
  { timeoutMs, heapMegabytes }: ThreadLimits,
  clock: Clock,
): Promise<ThreadResult<Answer>> {
  const worker = new Worker(program, {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes, maxYoungGenerationSizeMb: 8 },
    // Libraries print warnings about the file, which do not belong in our log.
    stdout: true,
    stderr: true,
  });
  const { promise, resolve } = Promise.withResolvers<ThreadResult<Answer>>();
  const fail = (why: string) => resolve({ kind: 'failed', why });
  const cancel = clock.after(timeoutMs, () => fail('takes too long'));
  worker.once('message', (answer: Answer) => resolve({ kind: 'answered', answer }));
  worker.once('error', (error) => fail(error.message));
  worker.once('exit', () => fail('the thread ended without an answer'));
  try {
    return await promise;
  } finally {
    cancel();
    await worker.terminate();
  }
}

// Runs one task in a thread of its own, for code that may take too much memory or time with hostile input: the thread
// is ended, and nothing else is affected.
import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';

export interface ThreadLimits {
  timeoutMs: number;
  /** Of JavaScript objects. Memory of WebAssembly and of buffers is outside it. */
  heapMegabytes: number;
}

export type ThreadResult<Answer> = { kind: 'answered'; answer: Answer } | { kind: 'failed'; why: string };

/**
 * @param program A module that reads `workerData` and posts one message to its parent
 * @returns the message; or why there was none: the time or the memory ran out, or the program threw
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

// For tests that publish posts: one app and worker for the file, and a separate account for each test.
import { afterEach, beforeAll, expect } from 'vitest';
import type { Worker } from '../src/features/publishing/index.ts';
import { account, app, useApp } from './use-app.ts';

export { account, app };

// Set by the hook below.
export let worker: Worker;

export const minute = 60_000;

/** Call once, at the top of the file. */
export function usePublishing(): void {
  useApp();
  beforeAll(() => {
    worker = app.app.createWorker();
  });
  afterEach(() => app.clearFaults());
}

/** Advances the time and runs the work that is due. */
export async function runAfter(ms: number, by: Worker = worker): Promise<void> {
  app.clock.advance(ms);
  await by.runDue();
}

/** Makes Pinterest refuse the next Pin because of its rate limit, with these headers. */
export const limitNextPin = (headers: Record<string, string> = {}) =>
  app.faults([
    { operation: 'pins/create', when: 'before', kind: 'status', status: 429, code: 8, headers, times: 1 },
  ]);

/** Returns the Pins on the account's first board. */
export const pinsHere = () => app.pins({ boardId: account.boards.Recipes ?? '' });

/** Expects that the board has a single Pin, that of this post, after one attempt. */
export async function expectAdopted(postId: string): Promise<void> {
  const pins = await pinsHere();
  expect(pins).toHaveLength(1);
  expect(await app.getPost(account, postId)).toMatchObject({
    status: 'sent',
    pinId: pins[0]?.id,
    attempts: 1,
  });
}

// For tests that follow posts to Pinterest: one app and worker for the file, an account of its own for each test.
import { afterEach, beforeAll, expect } from 'vitest';
import type { Worker } from '../src/features/publishing/index.ts';
import { account, app, useApp } from './use-app.ts';

export { account, app };

// Set by the hook below, as those are.
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

/** Moves time on and serves what is due then. */
export async function runAfter(ms: number, by: Worker = worker): Promise<void> {
  app.clock.advance(ms);
  await by.runDue();
}

/** Pinterest refuses the next Pin for its limit, and says in these headers how long to wait. */
export const limitNextPin = (headers: Record<string, string> = {}) =>
  app.faults([
    { operation: 'pins/create', when: 'before', kind: 'status', status: 429, code: 8, headers, times: 1 },
  ]);

/** What Pinterest has on the account's first board. */
export const pinsHere = () => app.pins({ boardId: account.boards.Recipes ?? '' });

/** The board has one Pin, and it is that of this post, which was asked for once. */
export async function expectAdopted(postId: string): Promise<void> {
  const pins = await pinsHere();
  expect(pins).toHaveLength(1);
  expect(await app.getPost(account, postId)).toMatchObject({
    status: 'sent',
    pinId: pins[0]?.id,
    attempts: 1,
  });
}

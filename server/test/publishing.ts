// For tests that follow posts to Pinterest: one app and worker for the file, an account of its own for each test.
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Worker } from '../src/features/publishing/index.ts';
import { createTestApp, type PinterestAccount, type TestApp } from './app.ts';

// Set by the hooks below; a test file has an instance of this module to itself.
export let app: TestApp;
export let worker: Worker;
export let account: PinterestAccount;

export const minute = 60_000;

/** Call once, at the top of the file. */
export function usePublishing(): void {
  beforeAll(async () => {
    app = await createTestApp();
    worker = app.app.createWorker();
  });
  beforeEach(async () => {
    account = await app.connectAccount();
  });
  afterEach(() => app.clearFaults());
  afterAll(() => app.stop());
}

/** Moves time on and serves what is due then. */
export async function runAfter(ms: number): Promise<void> {
  app.clock.advance(ms);
  await worker.runDue();
}

/** What Pinterest has on the account's first board. */
export const pinsHere = () => app.pins({ boardId: account.boards.Recipes ?? '' });

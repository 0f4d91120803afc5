// The job that creates the posts of a batch in the background.
import { defineQueue, type Jobs } from '../../../platform/jobs/index.ts';
import { getBatchForWork } from './batches.queries.ts';
import type { RunParts } from './compose-group.ts';
import { runBatch } from './run-batch.ts';

/**
 * A long batch fetches many pictures. A job that reaches its timeout leaves its written groups written. A job fails only when
 * a dependency is unavailable, and a batch must outlast that for weeks.
 */
export const batchQueue = defineQueue<{ batchId: string }>('post-batches', {
  concurrency: 4,
  onePerGroup: true,
  timeoutSeconds: 600,
  retries: 10_000,
  retryDelaySeconds: 2,
  retryDelaySecondsMax: 300,
});

export interface BatchParts extends RunParts {
  jobs: Jobs;
}

/** Starts to work on the queue. */
export function workOnBatches(parts: BatchParts): void {
  const { jobs, database } = parts;
  jobs.work(batchQueue, async ({ batchId }, { signal, log }) => {
    const batch = await getBatchForWork(database.db, batchId);
    if (batch) await runBatch(parts, batch, { signal, log });
  });
}

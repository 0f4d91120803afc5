// Background jobs that run at least once, in any order. Posts have an order and are published by lanes instead.

export type { JobContext, JobHandler } from './handlers.ts';
export { jobsChannel } from './jobs.queries.ts';
export { createJobs, type Jobs } from './jobs.ts';
export { defineQueue, type Queue } from './queue.ts';

// Work for later, done at least once, when order does not matter. Posts have an order, and are published by lanes.

export type { JobContext, JobHandler } from './handlers.ts';
export { jobsChannel } from './jobs.queries.ts';
export { createJobs, type Jobs } from './jobs.ts';
export { defineQueue, type Queue } from './queue.ts';

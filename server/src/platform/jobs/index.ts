// Work for later, done at least once, where order does not matter. What has an order is not for here: posts
// are carried by lanes.

export { jobsChannel } from './jobs.queries.ts';
export { createJobs, type JobContext, type JobHandler, type Jobs } from './jobs.ts';
export { defineQueue, type Queue } from './queue.ts';

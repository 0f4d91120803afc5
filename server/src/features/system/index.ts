// Health, readiness and the first run.
export { type FirstRunResult, firstRun } from './first-run.ts';
export { ping } from './system.queries.ts';
export { type ReadinessCheck, registerHealth } from './system.routes.ts';

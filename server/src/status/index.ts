// Health, readiness and metrics of a process.
export { registerHealth } from './health.routes.ts';
export { registerMetrics } from './metrics.routes.ts';
export { watchStoredGauges } from './stored-gauges.ts';

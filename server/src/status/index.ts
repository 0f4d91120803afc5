// What a process reports of itself: health, readiness and metrics.
export { registerHealth } from './health.routes.ts';
export { registerMetrics } from './metrics.routes.ts';
export { watchStoredGauges } from './stored-gauges.ts';

// Health, readiness and metrics of a process.
export { healthPaths, registerHealth } from './health.routes.ts';
export { metricsPaths, registerMetrics } from './metrics.routes.ts';
export { watchStoredGauges } from './stored-gauges.ts';

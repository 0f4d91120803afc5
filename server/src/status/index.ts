// Health, readiness and metrics of a process, and the page at `/`.
export { healthPaths, registerHealth } from './health.routes.ts';
export { metricsPaths, registerMetrics } from './metrics.routes.ts';
export { registerStartPage, startPagePaths } from './start-page.routes.ts';
export { watchStoredGauges } from './stored-gauges.ts';

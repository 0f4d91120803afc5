// Health, readiness, metrics and the first run.
export { makeBackup, moveIntoPlace, readBackupNote, restoreFiles } from './backup.ts';
export { type FirstRunResult, firstRun } from './first-run.ts';
export { meRoutes } from './me.routes.ts';
export { registerMetrics } from './metrics.routes.ts';
export {
  clockCheck,
  databaseCheck,
  diskCheck,
  migrationsCheck,
  type ReadinessCheck,
  storageCheck,
  workerCheck,
} from './readiness.ts';
export { countLanes, countUndecided } from './state.queries.ts';
export { watchState } from './state-metrics.ts';
export { countOthers, ping } from './system.queries.ts';
export { registerHealth } from './system.routes.ts';

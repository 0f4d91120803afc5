// Health, readiness, metrics and the first run.
export { makeBackup, moveIntoPlace, readBackupNote, restoreFiles } from '../../operator/backup.ts';
export { type FirstRunResult, firstRun } from '../../operator/first-run.ts';
export { registerHealth } from '../../status/health.routes.ts';
export { registerMetrics } from '../../status/metrics.routes.ts';
export { watchState } from '../../status/stored-gauges.ts';
export { meRoutes } from '../auth/me.routes.ts';
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
export { countOthers, ping } from './system.queries.ts';

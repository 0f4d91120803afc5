// Checks of the parts that Pintail needs, shared by `/ready` and the doctor.
export { type Check, type Finding, failed, ok, runCheck, warning } from './check.ts';
export { clockCheck, databaseCheck, diskCheck, migrationsCheck, storageCheck } from './part-checks.ts';

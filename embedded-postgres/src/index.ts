// PostgreSQL from npm packages, under a supervisor. See ../README.md.
export { locatePackage } from './binaries.ts';
export type { Clock } from './clock.ts';
export { type CopyCluster, copyCluster, copySynced } from './copy-cluster.ts';
export type { Log } from './log.ts';
export { isAlive, type PostmasterFile, readPostmasterFile } from './postmaster-pid.ts';
export { EmbeddedPostgresProblem } from './problem.ts';
export { type EmbeddedPostgres, type StartEmbeddedPostgres, startEmbeddedPostgres } from './supervisor.ts';
export {
  createThrowawayFolder,
  type StartThrowaway,
  startThrowawayServer,
  sweepThrowawayServers,
  type ThrowawayServer,
} from './throwaway.ts';

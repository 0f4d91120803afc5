// The database: connections, migrations and types. Everything else imports it from here.

// Re-exported, so that queries need one import.
export { sql } from 'kysely';
export { type Answer, atOnce } from './at-once.ts';
export { isTransactionPooler } from './connect/pooler.ts';
export { createDatabaseClock, type DatabaseClock } from './database-clock.ts';
export { jobsSchema } from './job-tables.queries.ts';
export { type Json, json } from './json.ts';
export { type Listen, type Listener, listen } from './listen.ts';
export { migrate, pendingMigrations } from './migrate.ts';
export { applicationName, type Connection, type Database, openDatabase, type Tx } from './open-database.ts';
export { ping } from './ping.queries.ts';
export type { Schema } from './schema.gen.ts';
export { isSealedOtherwise } from './sealed.queries.ts';
export { SetupProblem } from './setup-problem.ts';
export { gatherStatistics } from './statistics.queries.ts';

// A separate database for a test file: call `createTestDatabase` in beforeAll, `drop` in afterAll.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../src/platform/db/index.ts';
import { createLog } from '../src/platform/log.ts';

export interface TestDatabase {
  url: string;
  database: Database;
  /** Closes `database` and drops it, even when other clients are connected. */
  drop(): Promise<void>;
}

export interface CreateTestDatabase {
  /** Creates no tables, for tests of migrations. */
  empty?: boolean;
}

export async function createTestDatabase({ empty = false }: CreateTestDatabase = {}): Promise<TestDatabase> {
  const server = inject('databaseServer');
  const name = `test_${randomBytes(8).toString('hex')}`;
  const template = empty ? 'template1' : inject('databaseTemplate');
  // Copying the files is faster than logging them, and test data need not survive a crash.
  await onServer(server, `create database ${name} template ${template} strategy file_copy`);
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  const database = openDatabase({ url, log: createLog({ level: 'warn', format: 'pretty' }) });
  return {
    url,
    database,
    async drop() {
      await database.close();
      await onServer(server, `drop database if exists ${name} with (force)`);
    },
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

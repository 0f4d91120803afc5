// Tests with PostgreSQL 14, the oldest supported version.

import { locatePackage, startThrowawayServer, type ThrowawayServer } from '@pintail/embedded-postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLog } from '../log.ts';
import { type Database, migrate, openDatabase, sql } from './index.ts';

const log = createLog({ level: 'warn', format: 'pretty' });
// Installed only on linux-x64.
const packageFolder = locatePackage('postgres-14-linux-x64');
const name = packageFolder ? 'on PostgreSQL 14' : 'on PostgreSQL 14 (skipped: its package is for linux-x64)';

describe.runIf(packageFolder)(name, () => {
  let server: ThrowawayServer;
  let database: Database;
  let applied: string[];

  beforeAll(async () => {
    server = await startThrowawayServer({
      log,
      name: 'postgres-14',
      ...(packageFolder && { packageFolder }),
    });
    ({ applied } = await migrate({ url: server.url, log }));
    database = openDatabase({ url: server.url, log });
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  test('PostgreSQL 14 runs all migrations', async () => {
    const { rows } = await sql<{
      version: string;
    }>`select current_setting('server_version') as version`.execute(database.db);
    expect(rows[0]?.version).toMatch(/^14\./);
    expect(applied).toContain('0001_baseline.sql');
    expect(await migrate({ url: server.url, log })).toEqual({ applied: [] });
  });

  test('PostgreSQL 14 runs a transaction', async () => {
    const id = await database.transaction(async (tx) => {
      await tx
        .insertInto('organizations')
        .values({ id: 'org_1', name: 'One', created_at: new Date('2027-01-01T00:00:00Z') })
        .execute();
      return (await tx.selectFrom('organizations').select('id').executeTakeFirstOrThrow()).id;
    });
    expect(id).toBe('org_1');
  });
});

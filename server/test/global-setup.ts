// Starts the one PostgreSQL server of a test run, with a migrated template that tests clone.
import { startThrowawayServer, sweepThrowawayServers } from '@pintail/embedded-postgres';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../src/platform/db/index.ts';
import { createLog } from '../src/platform/log.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the test server, with the role that owns the databases of tests. */
    databaseServer: string;
    /** The name of the migrated database to clone. */
    databaseTemplate: string;
  }
}

const template = 'template_pintail';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = createLog({ level: 'warn', format: 'pretty' });
  // A killed run has not stopped its server.
  await sweepThrowawayServers();
  const server = await startThrowawayServer({ log, name: 'test' });
  try {
    await createTemplate(server.superuserUrl);
    await migrate({ url: databaseUrl(server.url, template), log });
  } catch (error) {
    await server.stop();
    throw error;
  }
  project.provide('databaseServer', server.url);
  project.provide('databaseTemplate', template);
  return () => server.stop();
}

async function createTemplate(superuserUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  // Tests use the same role as production, so that they notice a missing right.
  await client.query('alter role pintail createdb');
  await client.query(`create database ${template} owner pintail`);
  await client.end();
}

function databaseUrl(serverUrl: string, name: string): string {
  return Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
}

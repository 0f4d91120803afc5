// The plans of statements, for tests that no query of a request reads a whole table.
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import pg from 'pg';
import type { Connection, Database, Schema } from '../src/platform/db/index.ts';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  Plans?: Plan[];
}

/** Returns the scans of each statement that `work` issues, as `type index` or `type table`. */
export async function scansOf(
  { pool }: Pick<Database, 'pool'>,
  work: (connection: Connection) => Promise<unknown>,
): Promise<string[]> {
  const statements: { sql: string; parameters: readonly unknown[] }[] = [];
  const db = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool }),
    log: ({ query }) => void statements.push({ sql: query.sql, parameters: query.parameters }),
  });
  await work(db);
  if (statements.length === 0) throw new Error('no statement was issued');
  const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];
  const scans: string[] = [];
  for (const statement of statements) {
    const { rows } = await pool.query(`explain (format json) ${statement.sql}`, [...statement.parameters]);
    const plan: Plan = rows[0]['QUERY PLAN'][0].Plan;
    for (const node of nodes(plan)) {
      if (/Scan/.test(node['Node Type'])) {
        scans.push(`${node['Node Type']} ${node['Index Name'] ?? node['Relation Name']}`);
      }
    }
  }
  return scans;
}

export interface Cost {
  statement: string;
  /** The number of pages that it read, from memory or disk. */
  pages: number;
  plan: string;
}

/**
 * Returns the cost of the statements that `work` issues, each run once with a custom plan and once with a generic plan.
 * Their writes are rolled back.
 */
export async function costsOf(
  { pool }: Pick<Database, 'pool'>,
  work: (connection: Connection) => Promise<unknown>,
): Promise<Cost[]> {
  const client = await pool.connect();
  try {
    const costs: Cost[] = [];
    for (const [statement, parameters] of await statementsOf(client, work)) {
      for (const mode of ['force_custom_plan', 'force_generic_plan']) {
        await client.query('begin');
        await client.query(`set local plan_cache_mode = ${mode}`);
        await client.query(`prepare measured as ${statement}`);
        costs.push(await costOf(client, statement, parameters));
        await client.query('rollback');
        await client.query('deallocate measured');
      }
    }
    return costs;
  } finally {
    client.release();
  }
}

/**
 * Returns the costs of statements whose plans are older than the rows: they are planned before `grow` and run after it, as
 * a connection keeps the plans that it made in a new database. `work` must only read.
 */
export async function costsOfKeptPlans(
  { pool }: Pick<Database, 'pool'>,
  work: (connection: Connection) => Promise<unknown>,
  grow: () => Promise<unknown>,
): Promise<Cost[]> {
  const client = await pool.connect();
  try {
    await client.query('set plan_cache_mode = force_generic_plan');
    const statements = [...(await statementsOf(client, work))];
    for (const [index, [statement, parameters]] of statements.entries()) {
      await client.query(`prepare measured${index} as ${statement}`);
      await client.query(`execute measured${index}${valuesOf(parameters)}`);
    }
    await grow();
    const costs: Cost[] = [];
    for (const [index, [statement, parameters]] of statements.entries()) {
      costs.push(await costOf(client, statement, parameters, `measured${index}`));
    }
    return costs;
  } finally {
    client.release(true);
  }
}

/** Returns the statements that `work` issues, with their parameters. Their writes are rolled back. */
async function statementsOf(client: pg.PoolClient, work: (connection: Connection) => Promise<unknown>) {
  const statements = new Map<string, readonly unknown[]>();
  const db = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool: asPool(client) }),
    log: ({ query }) => void statements.set(query.sql, query.parameters),
  });
  await client.query('begin');
  await work(db);
  await client.query('rollback');
  if (statements.size === 0) throw new Error('no statement was issued');
  return statements;
}

/** Runs a prepared statement. */
async function costOf(
  client: pg.PoolClient,
  statement: string,
  parameters: readonly unknown[],
  name = 'measured',
): Promise<Cost> {
  const explain = `explain (analyze, buffers, timing off, format json) execute ${name}${valuesOf(parameters)}`;
  const { rows } = await client.query(explain);
  const plan = rows[0]['QUERY PLAN'][0].Plan;
  const pages = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  return { statement, pages, plan: JSON.stringify(plan, null, 1) };
}

function valuesOf(parameters: readonly unknown[]): string {
  return parameters.length === 0 ? '' : `(${parameters.map(toLiteral).join(', ')})`;
}

/** Kysely releases a client after each statement; this one remains. */
function asPool(client: pg.PoolClient): PostgresPool {
  const lent = { query: client.query.bind(client), release: () => {} };
  return { connect: async () => lent, end: async () => {}, options: {} } as unknown as PostgresPool;
}

/** Converts a parameter as the driver does. */
function toLiteral(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Date) return `'${value.toISOString()}'`;
  if (Array.isArray(value)) return pg.escapeLiteral(`{${value.map((item) => JSON.stringify(item)).join()}}`);
  return pg.escapeLiteral(String(value));
}

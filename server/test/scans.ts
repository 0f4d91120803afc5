// How PostgreSQL would run statements: for tests that no query in a request reads a whole table.
import { Kysely, PostgresDialect } from 'kysely';
import type { Connection, Database } from '../src/platform/db/index.ts';
import type { Schema } from '../src/platform/db/schema.gen.ts';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  Plans?: Plan[];
}

/** The scans of each statement that `work` issues, as `type index` or `type table`. */
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

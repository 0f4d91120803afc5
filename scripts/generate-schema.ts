// Generates the types of all tables and docs/schema.sql from the catalog of a throwaway database with all migrations.
// With --check it only compares, for CI.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startThrowawayServer } from '@pintail/embedded-postgres';
import { type Database, migrate, openDatabase } from '../server/src/platform/db/index.ts';
import { createLog } from '../server/src/platform/log.ts';

interface Column {
  table: string;
  name: string;
  /** As PostgreSQL writes it: `text[]`, `timestamp with time zone`. */
  type: string;
  isNullable: boolean;
  default: string | null;
  /** s: generated from other columns; a, d: identity, always or by default; empty: neither. */
  generated: string;
}

export interface Catalog {
  columns: Column[];
  /** Per table: `primary key (id)`; in the order in which they are shown. */
  constraints: { table: string; name: string; definition: string }[];
  /** Whole statements: indexes, functions, triggers, comments. */
  statements: string[];
}

/** All tables but that of the migration runner, which no other code uses. */
const ownTables = `from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'migrations'`;

export async function readCatalog({ pool }: Database): Promise<Catalog> {
  const { rows: columns } = await pool.query<Column>(`
    select c.relname as "table", a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
      not a.attnotnull as "isNullable", pg_get_expr(d.adbin, d.adrelid) as "default",
      a.attgenerated::text || a.attidentity::text as generated
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attnum > 0 and not a.attisdropped and c.oid in (select c.oid ${ownTables})
    order by c.relname collate "C", a.attnum`);
  const { rows: constraints } = await pool.query<Catalog['constraints'][number]>(`
    select c.relname as "table", k.conname as name, pg_get_constraintdef(k.oid) as definition
    from pg_constraint k join pg_class c on c.oid = k.conrelid
    where k.contype in ('p', 'u', 'c', 'f', 'x') and c.oid in (select c.oid ${ownTables})
    order by c.relname collate "C", array_position(array['p', 'u', 'x', 'c', 'f'], k.contype::text),
      k.conname collate "C"`);
  const { rows: statements } = await pool.query<{ statement: string }>(`
    with tables as (select c.oid, c.relname ${ownTables})
    select statement from (
      select 1 as part, t.relname || i.relname as place,
        regexp_replace(pg_get_indexdef(x.indexrelid), '[[:space:]]+', ' ', 'g') as statement
      from tables t join pg_index x on x.indrelid = t.oid join pg_class i on i.oid = x.indexrelid
      where not exists (select from pg_constraint k where k.conindid = x.indexrelid and k.contype <> 'f')
      union all
      select 2, p.proname || p.oid::regprocedure::text, rtrim(pg_get_functiondef(p.oid))
      from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p')
      union all
      select 3, t.relname || g.tgname, pg_get_triggerdef(g.oid)
      from tables t join pg_trigger g on g.tgrelid = t.oid where not g.tgisinternal
      union all
      select 4, t.relname || to_char(d.objsubid, '0000'),
        case d.objsubid when 0 then format('comment on table %I is %L', t.relname, d.description)
        else format('comment on column %I.%I is %L', t.relname, a.attname, d.description) end
      from tables t join pg_description d on d.objoid = t.oid and d.classoid = 'pg_class'::regclass
      left join pg_attribute a on a.attrelid = t.oid and a.attnum = d.objsubid and d.objsubid > 0
    ) as all_statements
    order by part, place collate "C"`);
  return { columns, constraints, statements: statements.map(({ statement }) => statement) };
}

/** The TypeScript types of values that the driver returns (see open-database.ts) and accepts. */
const typeScriptTypes: Record<string, string> = {
  bigint: 'number',
  boolean: 'boolean',
  bytea: 'Buffer',
  date: 'string',
  'double precision': 'number',
  inet: 'string',
  integer: 'number',
  numeric: 'string',
  real: 'number',
  smallint: 'number',
  text: 'string',
  'timestamp with time zone': 'Date',
  // Only ever compared inside the database.
  tsvector: 'string',
  uuid: 'string',
  xid8: 'string',
  pg_snapshot: 'string',
};

/** A constraint that lists the values of a column: `CHECK ((state = ANY (ARRAY['draft'::text, 'queued'::text])))`. */
const listsValues = /^CHECK \(\((\w+) = ANY \(ARRAY\[('\w[^']*'::text(?:, '[^']*'::text)*)\]\)\)\)$/;

/** The union of the values to which a constraint of its table limits a column of text; undefined for other columns. */
function unionOf({ table, name }: Column, constraints: Catalog['constraints']): string | undefined {
  for (const constraint of constraints) {
    if (constraint.table !== table) continue;
    const [, column, values] = listsValues.exec(constraint.definition) ?? [];
    if (column === name) return values?.replaceAll('::text', '').replaceAll(', ', ' | ');
  }
  return undefined;
}

function typeOf(column: Column, constraints: Catalog['constraints']): string {
  const union = unionOf(column, constraints);
  if (union !== undefined) return union;
  const plain = column.type.replace(/\(.*\)|\[\]/g, '');
  const type = typeScriptTypes[plain];
  if (!type) {
    throw new Error(
      `${column.table}.${column.name} is of type ${column.type}, which has no TypeScript type yet: ` +
        'add it to typeScriptTypes in scripts/generate-schema.ts, and to the parsers in open-database.ts.',
    );
  }
  return column.type.endsWith('[]') ? `${type}[]` : type;
}

function columnType(column: Column, constraints: Catalog['constraints']): string {
  const orNull = column.isNullable ? ' | null' : '';
  const isOptional = column.default !== null || column.generated === 'd';
  if (column.type === 'jsonb') {
    const json = `Json${orNull}`;
    return `ColumnType<unknown, ${json}${isOptional ? ' | undefined' : ''}, ${json}>`;
  }
  const type = `${typeOf(column, constraints)}${orNull}`;
  if (column.generated === 's' || column.generated === 'a') return `GeneratedAlways<${type}>`;
  return isOptional ? `Generated<${type}>` : type;
}

function byTable(columns: Column[]): Map<string, Column[]> {
  return Map.groupBy(columns, (column) => column.table);
}

export function renderTypes({ columns, constraints }: Catalog): string {
  const tables = [...byTable(columns)];
  const typeName = (table: string) => table.replace(/(^|_)([a-z])/g, (_, __, letter) => letter.toUpperCase());
  const interfaces = tables.map(([table, own]) => {
    const lines = own.map((column) => `  ${column.name}: ${columnType(column, constraints)};\n`);
    return `export interface ${typeName(table)}Table {\n${lines.join('')}}\n`;
  });
  const schema = tables.map(([table]) => `  ${table}: ${typeName(table)}Table;\n`);
  const body = interfaces.join('\n');
  const imports = ['ColumnType', 'Generated', 'GeneratedAlways'].filter((name) => body.includes(`${name}<`));
  return [
    '// Generated by scripts/generate-schema.ts from the migrations. Do not edit: `npm run generate`.\n',
    `import type { ${imports.join(', ')} } from 'kysely';\n`,
    body.includes('Json') ? "import type { Json } from './json.ts';\n" : '',
    `\n${body}\nexport interface Schema {\n${schema.join('')}}\n`,
  ].join('');
}

function columnSql({ name, type, isNullable, default: value, generated }: Column): string {
  const parts = [name, type];
  if (!isNullable) parts.push('not null');
  if (generated === 's') parts.push(`generated always as (${value}) stored`);
  else if (generated !== '')
    parts.push(`generated ${generated === 'a' ? 'always' : 'by default'} as identity`);
  else if (value !== null) parts.push(`default ${value}`);
  return parts.join(' ');
}

export function renderSql({ columns, constraints, statements }: Catalog): string {
  const tables = [...byTable(columns)].map(([table, own]) => {
    const rules = constraints
      .filter((constraint) => constraint.table === table)
      .map(({ name, definition }) => `constraint ${name} ${definition}`);
    return `create table ${table} (\n  ${[...own.map(columnSql), ...rules].join(',\n  ')}\n);\n`;
  });
  return [
    '-- Generated from the migrations, to read: `npm run generate`. The database is made by the migrations.\n\n',
    tables.join('\n'),
    `\n${statements.join(';\n')};\n`,
  ].join('');
}

const targets = {
  types: fileURLToPath(new URL('../server/src/platform/db/schema.gen.ts', import.meta.url)),
  sql: fileURLToPath(new URL('../docs/schema.sql', import.meta.url)),
};

async function main(isCheck: boolean): Promise<void> {
  const log = createLog({ level: 'warn', format: 'pretty' });
  const server = await startThrowawayServer({ log, name: 'generate' });
  let catalog: Catalog;
  try {
    await migrate({ url: server.url, log });
    const database = openDatabase({ url: server.url, log });
    catalog = await readCatalog(database).finally(() => database.close());
  } finally {
    await server.stop();
  }
  const wanted = [
    { path: targets.types, text: renderTypes(catalog) },
    { path: targets.sql, text: renderSql(catalog) },
  ];
  for (const { path, text } of wanted) {
    if (!isCheck) {
      await writeFile(path, text);
    } else if ((await readFile(path, 'utf8').catch(() => '')) !== text) {
      process.stderr.write(`${path} does not fit the migrations. Run \`npm run generate\`.\n`);
      process.exitCode = 1;
    }
  }
}

if (import.meta.main) await main(process.argv.includes('--check'));

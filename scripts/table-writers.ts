// Finds the rooms that write each table in the sources, both in raw SQL and through Kysely.
export interface TableWrite {
  table: string;
  /** The room of the file: `features/posts`, `platform/http`. */
  room: string;
  file: string;
  line: number;
}

/** Returns the tables that docs/schema.sql creates. */
export function tablesOf(schemaSql: string): string[] {
  return [...schemaSql.matchAll(/^create table (\w+)/gm)].map(([, table]) => table ?? '');
}

const rawWrite =
  /\b(?:insert\s+into|update|delete\s+from|merge\s+into|truncate(?:\s+table)?)\s+(?:only\s+)?(?:public\.)?"?(\w+)/gi;
const kyselyWrite =
  /\.(?:insertInto|updateTable|deleteFrom|mergeInto|replaceInto)\(\s*['"`](?:public\.)?(\w+)/g;

/** A room that only appends to the table of another room counts as a part of it. */
const partOf: Record<string, string> = { 'platform/outbox': 'features/events' };

/** Returns the writes in a source file of the server. A computed table name is not recognized. */
export function writesIn(file: string, text: string, tables: readonly string[]): TableWrite[] {
  const folder = /^server\/src\/((?:features|platform)\/[^/]+|[^/]+)/.exec(file)?.[1] ?? file;
  const room = partOf[folder] ?? folder;
  const code = withoutComments(text);
  return [rawWrite, kyselyWrite]
    .flatMap((pattern) => [...code.matchAll(pattern)])
    .flatMap((match) => {
      const table = match[1]?.toLowerCase();
      if (table === undefined || !tables.includes(table)) return [];
      return [{ table, room, file, line: code.slice(0, match.index).split('\n').length }];
    });
}

/** Returns every write of a table that more than one room writes, as `file:line: message`. */
export function sharedTables(writes: readonly TableWrite[]): string[] {
  return [...Map.groupBy(writes, ({ table }) => table)].flatMap(([table, all]) => {
    const rooms = [...new Set(all.map(({ room }) => room))].sort();
    if (rooms.length < 2) return [];
    const what = `A table is written by one room; ${table} is written by ${rooms.join(' and ')}.`;
    return all.map(({ file, line }) => `${file}:${line}: ${what}`);
  });
}

/** Line numbers remain unchanged. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*(?:\/\/|--).*$/gm, (comment) => comment.replace(/[^\n]/g, ' '));
}

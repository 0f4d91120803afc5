// Which room writes which table, read from the sources: raw SQL and Kysely alike.
export interface TableWrite {
  table: string;
  /** The room of the file: `features/posts`, `platform/http`. */
  room: string;
  file: string;
  line: number;
}

/** Of CREATE TABLE in docs/schema.sql. */
export function tablesOf(schemaSql: string): string[] {
  return [...schemaSql.matchAll(/^create table (\w+)/gm)].map(([, table]) => table ?? '');
}

const rawWrite =
  /\b(?:insert\s+into|update|delete\s+from|merge\s+into|truncate(?:\s+table)?)\s+(?:only\s+)?(?:public\.)?"?(\w+)/gi;
const kyselyWrite =
  /\.(?:insertInto|updateTable|deleteFrom|mergeInto|replaceInto)\(\s*['"`](?:public\.)?(\w+)/g;

/** A room that only appends to the table of another: it is counted as a part of that one. */
const partOf: Record<string, string> = { 'platform/outbox': 'features/events' };

/** The writes that stand in a source file of the server. A table whose name is computed is not recognized. */
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

/** Every write of a table that more than one room writes, as `file:line: what`. */
export function sharedTables(writes: readonly TableWrite[]): string[] {
  return [...Map.groupBy(writes, ({ table }) => table)].flatMap(([table, all]) => {
    const rooms = [...new Set(all.map(({ room }) => room))].sort();
    if (rooms.length < 2) return [];
    const what = `A table is written by one room; ${table} is written by ${rooms.join(' and ')}.`;
    return all.map(({ file, line }) => `${file}:${line}: ${what}`);
  });
}

/** Lines stay where they are. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*(?:\/\/|--).*$/gm, (comment) => comment.replace(/[^\n]/g, ' '));
}

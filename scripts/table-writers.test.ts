import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sharedTables, tablesOf, writesIn } from './table-writers.ts';

const tables = ['accounts', 'lanes', 'posts'];
const posts = 'server/src/features/posts/record/write.queries.ts';
const lanes = 'server/src/features/lanes/wake.queries.ts';

const tablesIn = (text: string) => writesIn(posts, text, tables).map(({ table }) => table);

describe('a write is recognized', () => {
  test.each([
    ['insert into lanes (account_id) values (1)', 'lanes'],
    ['INSERT INTO\n      lanes select 1', 'lanes'],
    ['with a as (select 1) update lanes set wake_at = null', 'lanes'],
    ['update only public.lanes l set fence = 1', 'lanes'],
    ['delete from posts where id = 1', 'posts'],
    ['merge into accounts using posts on true', 'accounts'],
    ['truncate posts', 'posts'],
    ["db.insertInto('lanes')", 'lanes'],
    ["tx\n  .updateTable('lanes')", 'lanes'],
    ["tx.deleteFrom(\n  'posts')", 'posts'],
  ])('%s', (text, table) => expect(tablesIn(text)).toEqual([table]));
});

describe('no write is seen in', () => {
  test.each([
    'select * from lanes for update skip locked',
    'on conflict (id) do update set wake_at = null',
    "db.selectFrom('lanes').forUpdate()",
    '// Anyone who would update lanes here waits.',
    '/**\n * update lanes is for others.\n */',
    '-- update lanes',
    'insert into somewhere_else select 1',
  ])('%s', (text) => expect(tablesIn(text)).toEqual([]));
});

test('a table that two rooms write is reported at each write; one room can write it in several files', () => {
  const own = writesIn(lanes, 'update lanes set owner = null', tables);
  const alike = writesIn('server/src/features/lanes/lease.queries.ts', 'update lanes set fence = 1', tables);
  expect(sharedTables([...own, ...alike])).toEqual([]);
  const planted = writesIn(posts, "// ok\n\nconst a = sql`select 1`;\ndb.updateTable('lanes')", tables);
  expect(sharedTables([...own, ...planted])).toEqual([
    `${lanes}:1: A table is written by one room; lanes is written by features/lanes and features/posts.`,
    `${posts}:4: A table is written by one room; lanes is written by features/lanes and features/posts.`,
  ]);
});

test('every table of the schema has a room that writes it, as far as the rule recognizes', () => {
  const schema = tablesOf(readFileSync('docs/schema.sql', 'utf8'));
  expect(schema).toContain('lanes');
  const written = globSync('server/src/**/*.queries.ts').flatMap((file) =>
    writesIn(file, readFileSync(file, 'utf8'), schema),
  );
  const unseen = schema.filter((table) => !written.some((write) => write.table === table));
  expect(unseen).toEqual([]);
});

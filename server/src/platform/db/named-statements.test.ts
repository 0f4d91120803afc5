import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts';
import { Outage } from '../errors.ts';
import { createLog } from '../log.ts';
import { type Database, openDatabase, sql } from './index.ts';

let testing: TestDatabase;
let database: Database;

beforeAll(async () => {
  testing = await createTestDatabase({ empty: true });
});
afterAll(() => testing.drop());

// One connection, so that statements share their names.
beforeEach(async () => {
  await sql`drop table if exists things`.execute(testing.database.db);
  await sql`create table things (name text primary key)`.execute(testing.database.db);
  await sql`insert into things (name) values ('a'), ('b')`.execute(testing.database.db);
  database = openDatabase({
    url: testing.url,
    log: createLog({ level: 'error', format: 'json' }),
    poolSize: 1,
  });
  return () => database.close();
});

const find = async (name: string) =>
  (await sql`select * from things where name = ${name}`.execute(database.db)).rows;

const named = async () =>
  (await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(database.db)).rows;

test('a frequent statement is planned once and returns the rows of each value', async () => {
  for (let time = 0; time < 10; time += 1) expect(await find('a')).toEqual([{ name: 'a' }]);
  expect(await find('b')).toEqual([{ name: 'b' }]);
  expect(await named()).toEqual([{ statement: 'select * from things where name = $1' }]);
});

test('a statement that runs once gets no name', async () => {
  await find('a');
  expect(await named()).toEqual([]);
});

test('lists of every length do not fill the memory of the connection', async () => {
  for (let length = 1; length <= 400; length += 1) {
    const list = sql.join(Array.from({ length }, () => 'a'));
    for (let time = 0; time < 5; time += 1) {
      await sql`select 1 where 'a' in (${list})`.execute(database.db);
    }
  }
  expect((await named()).length).toBe(300);
});

test('after a migration has changed the result type of a statement, it fails once as an outage and then works', async () => {
  for (let time = 0; time < 10; time += 1) await find('a');
  await sql`alter table things add column size int`.execute(testing.database.db);
  await expect(find('a')).rejects.toThrow(Outage);
  expect(await find('a')).toEqual([{ name: 'a', size: null }]);
  for (let time = 0; time < 10; time += 1) expect(await find('b')).toEqual([{ name: 'b', size: null }]);
});

test('names that a proxy has lost are created again', async () => {
  for (let time = 0; time < 10; time += 1) await find('a');
  await sql`deallocate all`.execute(database.db);
  await expect(find('a')).rejects.toThrow(Outage);
  for (let time = 0; time < 10; time += 1) expect(await find('a')).toEqual([{ name: 'a' }]);
});

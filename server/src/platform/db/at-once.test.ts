import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts';
import { createLog } from '../log.ts';
import { atOnce } from './at-once.ts';
import { type Database, openDatabase, type Tx } from './open-database.ts';

let testing: TestDatabase;
let database: Database;

beforeAll(async () => {
  testing = await createTestDatabase();
  database = openDatabase({ url: testing.url, log: createLog({ level: 'silent', format: 'json' }) });
  await sql`create table things (name text primary key)`.execute(database.db);
});
afterAll(async () => {
  await database.close();
  await testing.drop();
});

const add = (tx: Tx, name: string) =>
  sql<{ name: string }>`insert into things (name) values (${name}) returning name`.compile(tx);
const count = (tx: Tx) => sql<{ count: number }>`select count(*)::int as count from things`.compile(tx);

test('the second of two statements sent at once sees the effect of the first, and both are rolled back together', async () => {
  const work = database.transaction(async (tx) => {
    const [added, counted] = await atOnce(tx, [add(tx, 'undone'), count(tx)]);
    expect([added(), counted()]).toEqual([[{ name: 'undone' }], [{ count: 1 }]]);
    throw new Error('changed its mind');
  });
  await expect(work).rejects.toThrow('changed its mind');
  expect((await sql`select * from things`.execute(database.db)).rows).toEqual([]);
});

test('when the first of two statements sent at once fails, its error is thrown, and the connection stays usable', async () => {
  for (let round = 0; round < 8; round += 1) {
    const work = database.transaction(async (tx) => {
      const [first, second] = await atOnce(tx, [sql`select 1 / ${0}::int`.compile(tx), add(tx, 'behind it')]);
      expect(second).toThrow(/aborted/);
      return first();
    });
    await expect(work).rejects.toMatchObject({ message: 'division by zero' });
  }
  const rows = await database.transaction(async (tx) => {
    const [first] = await atOnce(tx, [add(tx, 'kept'), count(tx)]);
    return first();
  });
  expect(rows).toEqual([{ name: 'kept' }]);
});

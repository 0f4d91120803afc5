import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts';
import { eventually } from '../../../test/eventually.ts';
import { databaseCheck } from '../checks/index.ts';
import { Outage } from '../errors.ts';
import { createLog } from '../log.ts';
import { type Database, json, openDatabase, sql, type Tx } from './index.ts';

let testing: TestDatabase;
let database: Database;

beforeAll(async () => {
  testing = await createTestDatabase({ empty: true });
  database = testing.database;
  await sql`create table things (name text primary key, data jsonb)`.execute(database.db);
});
afterAll(() => testing.drop());

async function value(expression: string): Promise<unknown> {
  const { rows } = await database.pool.query(`select ${expression} as value`);
  return rows[0].value;
}

/** Terminates a connection as an administrator or a restart of the server would. */
async function cut(applicationName: string): Promise<void> {
  const client = new pg.Client({ connectionString: testing.url });
  await client.connect();
  await client.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = $1 and pid <> pg_backend_pid()',
    [applicationName],
  );
  await client.end();
}

describe('values', () => {
  test('an int8 is a number, including in arrays', async () => {
    expect(await value('7::int8')).toBe(7);
    expect(await value('array[1, null, 3]::int8[]')).toEqual([1, null, 3]);
  });

  test('an int8 that is too large for a number is an error', async () => {
    await expect(value('9007199254740993::int8')).rejects.toThrow(/too large/);
  });

  test('a timestamptz is a Date', async () => {
    expect(await value(`'2027-03-28 01:30:00+02'::timestamptz`)).toEqual(new Date('2027-03-27T23:30:00Z'));
  });

  test('a date is a string, independent of the time zone of the machine', async () => {
    expect(await value(`'2027-03-28'::date`)).toBe('2027-03-28');
  });

  test('a numeric is a string with all digits', async () => {
    expect(await value(`'0.12345678901234567890'::numeric`)).toBe('0.12345678901234567890');
  });

  test.each([{ value: ['a', 'b'] }, { value: 'text' }, { value: { a: [1, null] } }])(
    'json $value is read as it was written',
    async ({ value: data }) => {
      await sql`insert into things (name, data) values ('json', ${json(data)})
        on conflict (name) do update set data = excluded.data`.execute(database.db);
      const { rows } = await sql<{ data: unknown }>`select data from things where name = 'json'`.execute(
        database.db,
      );
      expect(rows).toEqual([{ data }]);
    },
  );
});

describe('a transaction', () => {
  const names = async () => {
    const { rows } = await sql<{ name: string }>`select name from things order by name`.execute(database.db);
    return rows.map(({ name }) => name);
  };

  test('a transaction is committed when its work succeeds, and returns the result of the work', async () => {
    const result = await database.transaction(async (tx) => {
      await sql`insert into things (name) values ('kept')`.execute(tx);
      return 'done';
    });
    expect(result).toBe('done');
    expect(await names()).toContain('kept');
  });

  test('a transaction is rolled back when its work fails, and throws the error', async () => {
    const failure = new Error('no');
    const work = database.transaction(async (tx) => {
      await sql`insert into things (name) values ('undone')`.execute(tx);
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(await names()).not.toContain('undone');
  });

  test('a transaction is READ COMMITTED', async () => {
    const [row] = await database.transaction(async (tx) => {
      return (
        await sql<{ level: string }>`select current_setting('transaction_isolation') as level`.execute(tx)
      ).rows;
    });
    expect(row?.level).toBe('read committed');
  });
});

describe('a transaction at once', () => {
  const add = (name: string) => sql`insert into things (name) values (${name})`.compile(database.db);
  const named = (name: string) =>
    sql<{ name: string }>`select name from things where name = ${name}`.compile(database.db);

  test('a transaction at once runs its statements in order and returns the rows of each', async () => {
    const rows = await database.transactionAtOnce([add('at once'), named('at once')]);
    expect(rows).toEqual([[], [{ name: 'at once' }]]);
    expect((await database.db.executeQuery(named('at once'))).rows).toHaveLength(1);
  });

  test('a transaction at once with a failed statement is rolled back, throws the first error, and leaves a usable connection', async () => {
    const own = openDatabase({
      url: testing.url,
      log: createLog({ level: 'silent', format: 'json' }),
      poolSize: 1,
    });
    const wrong = sql`select 1 / ${0}::int`.compile(own.db);
    const work = own.transactionAtOnce([add('undone at once'), wrong, add('also undone')]);
    await expect(work).rejects.toMatchObject({ message: 'division by zero' });
    expect((await own.db.executeQuery(named('undone at once'))).rows).toEqual([]);
    await own.close();
  });

  test('each statement of a transaction at once sees what others committed while the previous one waited', async () => {
    await sql`insert into things (name) values ('locked')`.execute(database.db);
    const lock = sql`select 1 from things where name = 'locked' for update`.compile(database.db);
    const { work } = await database.transaction(async (tx) => {
      await sql`select 1 from things where name = 'locked' for update`.execute(tx);
      const work = database.transactionAtOnce([lock, named('meanwhile')]);
      await eventually('the transaction waits for the lock', () =>
        value(`exists (select 1 from pg_locks where not granted)`),
      );
      await sql`insert into things (name) values ('meanwhile')`.execute(tx);
      return { work };
    });
    expect((await work)[1]).toEqual([{ name: 'meanwhile' }]);
  });
});

describe('sessions', () => {
  test('sessions have a name and timeouts', async () => {
    expect(await value(`current_setting('application_name')`)).toBe('pintail');
    expect(await value(`current_setting('statement_timeout')`)).toBe('30s');
    expect(await value(`current_setting('idle_in_transaction_session_timeout')`)).toBe('30s');
  });
});

describe('when the database is unavailable', () => {
  test('a query fails with an Outage that names no host', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    const away = openDatabase({
      url: `postgres://user:secret@127.0.0.1:${port}/none`,
      log: createLog({ level: 'silent', format: 'json' }),
    });
    const failure = await sql`select 1`.execute(away.db).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Outage);
    expect(failure).toMatchObject({ part: 'The database' });
    expect(String(failure)).not.toContain('127.0.0.1');
    await expect(away.pool.query('select 1')).rejects.toBeInstanceOf(Outage);
    await away.close();
  });

  test('a connection lost while idle is logged, and the next query uses another one', async () => {
    const lines: string[] = [];
    const own = openDatabase({
      url: testing.url,
      log: createLog({ level: 'warn', format: 'json' }, { write: (line) => lines.push(line) }),
      poolSize: 1,
    });
    await sql`set application_name = 'idle'`.execute(own.db);
    await cut('idle');
    await eventually('a line about the lost connection', () => lines.length > 0);
    expect(lines.join()).toContain('an idle connection to the database was lost');
    expect((await sql`select 1 as one`.execute(own.db)).rows).toEqual([{ one: 1 }]);
    await own.close();
  });

  test('a connection that ends after the pool is closed is not logged as lost', async () => {
    const lines: string[] = [];
    const own = openDatabase({
      url: testing.url,
      log: createLog({ level: 'warn', format: 'json' }, { write: (line) => lines.push(line) }),
    });
    const client = await own.pool.connect();
    await client.query("set application_name = 'closing'");
    const ended = new Promise<void>((resolve) => {
      client.once('end', () => resolve());
    });
    const closed = own.close();
    await cut('closing');
    await ended;
    client.release();
    await closed;
    expect(lines).toEqual([]);
  });

  test('a transaction that loses its connection between two queries fails with an Outage', async () => {
    const own = openDatabase({ url: testing.url, log: createLog({ level: 'silent', format: 'json' }) });
    const work = own.transaction(async (tx) => {
      await sql`set application_name = 'busy'`.execute(tx);
      await cut('busy');
      await sql`select 1`.execute(tx);
    });
    await expect(work).rejects.toBeInstanceOf(Outage);
    expect((await sql`select 1 as one`.execute(own.db)).rows).toEqual([{ one: 1 }]);
    await own.close();
  });

  test('a transaction that loses its connection while it begins fails with an Outage', async () => {
    const postgres = new URL(testing.url);
    const between = createServer((socket) => {
      const onwards = connect(Number(postgres.port), postgres.hostname);
      socket.on('data', (bytes) => {
        if (bytes.includes('start transaction')) socket.destroy();
        else onwards.write(bytes);
      });
      onwards.pipe(socket);
      socket.on('close', () => onwards.destroy());
    }).listen(0, '127.0.0.1');
    await once(between, 'listening');
    const url = Object.assign(new URL(testing.url), {
      host: `127.0.0.1:${(between.address() as AddressInfo).port}`,
    });
    const own = openDatabase({ url: url.href, log: createLog({ level: 'silent', format: 'json' }) });
    expect((await sql`select 1 as one`.execute(own.db)).rows).toEqual([{ one: 1 }]);
    const work = own.transaction((tx) => sql`select 1`.execute(tx));
    await expect(work).rejects.toBeInstanceOf(Outage);
    await expect(own.transactionAtOnce([sql`select 1`.compile(own.db)])).rejects.toBeInstanceOf(Outage);
    await own.close();
    between.close();
    await once(between, 'close');
  });

  test('a wrong statement is not an Outage', async () => {
    const failure = await sql`select * from nothing_of_that_name`
      .execute(database.db)
      .catch((error) => error);
    expect(failure).not.toBeInstanceOf(Outage);
    expect(failure).toMatchObject({ code: '42P01' });
  });
});

test('a database can be closed twice', async () => {
  const own = openDatabase({ url: testing.url, log: createLog({ level: 'warn', format: 'json' }) });
  await sql`select 1`.execute(own.db);
  await own.close();
  await own.close();
  await expect(sql`select 1`.execute(own.db)).rejects.toBeInstanceOf(Outage);
});

describe('a database that accepts no writes', () => {
  const openAt = (options: string) =>
    openDatabase({
      url: `${testing.url}${testing.url.includes('?') ? '&' : '?'}options=${encodeURIComponent(options)}`,
      log: createLog({ level: 'silent', format: 'json' }),
      poolSize: 1,
    });

  test('is seen by the check', async () => {
    const readOnly = openAt('-c default_transaction_read_only=on');
    expect(await databaseCheck(readOnly).run()).toMatchObject({
      status: 'failed',
      message: 'The database accepts no writes.',
    });
    expect((await databaseCheck(database).run()).status).toBe('ok');
    await readOnly.close();
  });

  test('is an outage, and the connection is replaced, because a new one may reach the new primary', async () => {
    const single = openAt('-c application_name=failover');
    await single.pool.query('set default_transaction_read_only = on');
    const write = () => sql`insert into things (name) values ('after a failover')`.execute(single.db);
    await expect(write()).rejects.toMatchObject({
      name: 'Outage',
      message: 'The database accepts no writes: it is a standby, or read-only. Try again in a moment.',
    });
    await write();
    await single.pool.query('set default_transaction_read_only = on');
    const inTransaction = () =>
      single.transaction((tx) => sql`delete from things where name = 'after a failover'`.execute(tx));
    await expect(inTransaction()).rejects.toThrow(Outage);
    await inTransaction();
    await single.close();
  });
});

test('a transaction that was in a deadlock runs again', async () => {
  await database.pool.query("insert into things (name) values ('left'), ('right')");
  const update = (tx: Tx, name: string) => sql`update things set data = '1' where name = ${name}`.execute(tx);
  let runs = 0;
  let arrived = 0;
  let meet = () => {};
  const bothHaveOne = new Promise<void>((resolve) => {
    meet = resolve;
  });
  const crossing = (names: readonly [string, string]) =>
    database.transaction(async (tx) => {
      runs += 1;
      await update(tx, names[0]);
      arrived += 1;
      if (arrived === 2) meet();
      await bothHaveOne;
      await update(tx, names[1]);
    });
  await Promise.all([crossing(['left', 'right']), crossing(['right', 'left'])]);
  expect(runs).toBe(3);
});

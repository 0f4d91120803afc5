// The problems of a database, each as one sentence without a password or a stack.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/database.ts';
import { collectLog, type LogLine } from '../../../../test/log.ts';
import { createLog } from '../../log.ts';
import { openDatabase } from '../open-database.ts';
import { SetupProblem } from '../setup-problem.ts';
import { toConnectionString } from './connection-string.ts';
import { isTransactionPooler } from './pooler.ts';
import { connectForSetup, requireVersion } from './preflight.ts';

let empty: TestDatabase;
const logged: LogLine[] = [];
const log = createLog({ level: 'warn', format: 'json' }, collectLog(logged));

beforeAll(async () => {
  empty = await createTestDatabase({ empty: true });
});
afterAll(() => empty.drop());

const connect = (url: string, patienceMs = 0) =>
  connectForSetup({ url, log, applicationName: 'pintail test', patienceMs });

async function problemWith(url: string): Promise<string> {
  const error = await connect(url).then(
    async (client) => {
      await client.end();
      return new Error('it connects');
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SetupProblem);
  const { message } = error as SetupProblem;
  expect(message).not.toContain(new URL(empty.url).password);
  expect(message).not.toContain('\n');
  return message;
}

const changed = (change: (url: URL) => void) => {
  const url = new URL(empty.url);
  change(url);
  return url.href;
};

/** Runs statements in a database that is dropped afterwards. */
async function withDatabase(options: string, statements: string, use: (url: string) => Promise<void>) {
  const name = `preflight_${randomBytes(4).toString('hex')}`;
  await empty.database.pool.query(`create database ${name} ${options}`);
  const url = changed((own) => {
    own.pathname = `/${name}`;
  });
  try {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(statements);
    await client.end();
    await use(url);
  } finally {
    await empty.database.pool.query(`drop database ${name} with (force)`);
  }
}

describe('the sentence', () => {
  const place = () => `${new URL(empty.url).hostname}:${new URL(empty.url).port}`;

  test('of a wrong password names the role', async () => {
    const url = changed((own) => {
      own.password = 'wrong';
    });
    expect(await problemWith(url)).toBe(
      `The database at ${place()} refused the password of pintail. Check DATABASE_URL.`,
    );
  });

  test('of a database that does not exist says how to create it', async () => {
    const url = changed((own) => {
      own.pathname = '/No such';
    });
    expect(await problemWith(url)).toBe(
      `There is no database "No such" at ${place()}. Create it: create database "No such" owner pintail;`,
    );
  });

  test('of a closed port has the host, the port and the code', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    expect(await problemWith(`postgres://pintail:x@127.0.0.1:${port}/pintail`)).toBe(
      `The database at 127.0.0.1:${port} cannot be reached: ECONNREFUSED. Check that PostgreSQL runs there, and DATABASE_URL.`,
    );
  });

  test('of a host that cannot be resolved names it', async () => {
    expect(await problemWith('postgres://pintail:x@no-such-host.invalid/pintail')).toMatch(
      /^The host no-such-host\.invalid of DATABASE_URL cannot be resolved \((ENOTFOUND|EAI_AGAIN)\)\.$/,
    );
  });

  test('of a server without TLS names sslmode', async () => {
    expect(await problemWith(`${empty.url}?sslmode=require`)).toBe(
      `The database at ${place()} does not support TLS. Remove sslmode from DATABASE_URL, or enable TLS on the server.`,
    );
  });

  test('of a missing root certificate names the file', async () => {
    expect(await problemWith(`${empty.url}?sslmode=verify-full&sslrootcert=/no/such/file.pem`)).toBe(
      'The file /no/such/file.pem of sslrootcert in DATABASE_URL does not exist.',
    );
  });

  test('of a read-only database', async () => {
    const url = `${empty.url}?options=${encodeURIComponent('-c default_transaction_read_only=on')}`;
    expect(await problemWith(url)).toContain('The database accepts no writes');
  });

  test('of an encoding that cannot store every text', async () => {
    await withDatabase("encoding 'LATIN1' locale 'C' template template0", 'select 1', async (url) => {
      expect(await problemWith(url)).toContain('The encoding of the database is LATIN1');
    });
    await withDatabase("encoding 'SQL_ASCII' locale 'C' template template0", 'select 1', async (url) => {
      expect(await problemWith(url)).toContain('The encoding of the database is SQL_ASCII');
    });
  });

  test.each(['create table migrations (id int)', 'create table posts (id int)'])(
    'of a database with tables of another program: %s',
    async (statement) => {
      await withDatabase('', statement, async (url) => {
        expect(await problemWith(url)).toContain('has tables of another program in the schema public');
      });
    },
  );

  test('of a role that may not create tables', async () => {
    await withDatabase('', 'drop schema public', async (url) => {
      expect(await problemWith(url)).toContain('The role pintail may not create tables');
    });
  });
});

test('a database that is just starting is waited for, with one line in the log', async () => {
  logged.length = 0;
  const url = 'postgres://pintail:x@127.0.0.1:1/pintail';
  await expect(connect(url, 1_500)).rejects.toThrow(SetupProblem);
  expect(logged.map(({ msg }) => msg)).toEqual(['waiting for the database']);
});

test('a start that is canceled stops waiting', async () => {
  const canceled = AbortSignal.abort(new Error('canceled'));
  const waiting = connectForSetup({ url: empty.url, log, applicationName: 'x', signal: canceled });
  await expect(waiting).rejects.toThrow('canceled');
});

test('sslmode means what it means in libpq, whatever the version of the driver', () => {
  for (const mode of ['require', 'prefer', 'verify-ca', 'verify-full', 'disable']) {
    const url = `postgres://a:b@host/db?sslmode=${mode}`;
    expect(toConnectionString(url)).toBe(`${url}&uselibpqcompat=true`);
  }
  for (const url of [
    'postgres://a:b@host/db',
    'postgres://a:b@host/db?sslmode=no-verify',
    'postgres:///db?host=/run/pg',
  ]) {
    expect(toConnectionString(url)).toBe(url);
  }
});

test('PostgreSQL itself is not taken for a pooler', async () => {
  expect(await isTransactionPooler({ url: empty.url, log, applicationName: 'x' })).toBe(false);
});

test('every connection has the timeouts, without sending them when it connects', async () => {
  const database = openDatabase({ url: empty.url, log });
  const { rows } = await database.pool.query(
    "select current_setting('statement_timeout') a, current_setting('idle_in_transaction_session_timeout') b",
  );
  expect(rows).toEqual([{ a: '30s', b: '30s' }]);
  await database.close();
});

test('PostgreSQL 13 is refused', () => {
  expect(() => requireVersion(130_014, '13.14')).toThrow(/13\.14; Pintail needs 14 or newer/);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../../../test/eventually.ts';
import { json, sql, type Tx } from '../../db/index.ts';
import { createEncryption } from '../../encryption.ts';
import { refusal } from '../../errors.ts';
import { systemActor } from '../../use-case/index.ts';
import { type Bare, type BareServer, gate, openBare } from '../bare-server.fixture.ts';
import { type RouteInput, route } from '../contract/route.ts';
import { removeExpired } from './idempotency.queries.ts';
import { resealAnswers } from './sealed-answer.ts';

const noRoom = refusal({ code: 'CONFLICT', reason: 'no_room', message: 'No room' });

type Input = RouteInput<unknown, unknown, { name: string }>;

let bare: Bare;
let server: BareServer;
/** The behavior of the next requests besides their effect; each test sets it. */
let inside: (tx: Tx) => Promise<void> = async () => {};
let around: (input: Input) => Promise<void> = async () => {};
let calls = 0;

async function addThing(tx: Tx, name: string): Promise<void> {
  await tx
    .insertInto('events')
    .values({
      organization_id: 'org_one',
      type: name,
      at: bare.clock.now(),
      actor: json(systemActor),
      data: json({}),
    })
    .execute();
}

const definition = {
  method: 'POST',
  summary: 'Make a thing',
  tag: 'Things',
  scope: 'posts:write',
  body: z.strictObject({ name: z.string() }),
  data: z.object({ name: z.string() }),
  status: 201,
  refusals: [noRoom],
} as const;

const routes = [
  route({
    ...definition,
    operationId: 'makeThing',
    path: '/v1/things',
    async handle(input) {
      calls += 1;
      await around(input);
      return input.context.commit(async (tx) => {
        await addThing(tx, input.body.name);
        await inside(tx);
        return { data: { name: input.body.name }, etag: '"7"', warnings: [{ code: 'w', message: 'ä' }] };
      });
    },
  }),
  route({
    ...definition,
    operationId: 'makeThingElsewhere',
    path: '/v1/things-elsewhere',
    async handle(input) {
      calls += 1;
      await around(input);
      return { data: { name: input.body.name } };
    },
  }),
];

beforeAll(async () => {
  bare = await openBare();
  server = await bare.serve(routes);
});
afterAll(() => bare.drop());

function send(name: string, idempotencyKey: string, { to = server, path = '/v1/things', key = 'one' } = {}) {
  return to.call('POST', path, { key, body: { name }, headers: { 'idempotency-key': idempotencyKey } });
}

async function count(name: string): Promise<number> {
  const rows = await bare.test.database.db
    .selectFrom('events')
    .select('id')
    .where('type', '=', name)
    .execute();
  return rows.length;
}

async function rowOf(idempotencyKey: string) {
  return bare.test.database.db
    .selectFrom('idempotent_requests')
    .select(['status', 'request_id'])
    .where('idempotency_key', '=', idempotencyKey)
    .executeTakeFirst();
}

test('a repeat gets the first answer byte for byte, request id and ETag included, and nothing happens again', async () => {
  const first = await send('bread', 'k-bread');
  expect([first.status, first.headers.get('idempotent-replayed')]).toEqual([201, null]);
  const again = await send('bread', 'k-bread');
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(again.text).toBe(first.text);
  for (const name of ['x-request-id', 'etag', 'content-type']) {
    expect(again.headers.get(name)).toBe(first.headers.get(name));
  }
  expect(again.status).toBe(201);
  expect(await count('bread')).toBe(1);
});

test('an answer with a key is the same as one without', async () => {
  const keyed = await send('rye', 'k-rye');
  const plain = await server.call('POST', '/v1/things', { body: { name: 'barley' } });
  expect({ ...plain.body, data: null, meta: null }).toEqual({ ...keyed.body, data: null, meta: null });
  expect(plain.headers.get('content-type')).toBe(keyed.headers.get('content-type'));
  expect(plain.headers.get('etag')).toBe(keyed.headers.get('etag'));
});

test('50 repeats at once on two servers: one effect, one 201, and the others replay it or must wait', async () => {
  const other = await bare.serve(routes);
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => send('cake', 'k-cake', { to: index % 2 ? server : other })),
  );
  expect(await count('cake')).toBe(1);
  const fresh = answers.filter(
    ({ status, headers }) => status === 201 && headers.get('idempotent-replayed') === null,
  );
  expect(fresh).toHaveLength(1);
  for (const answer of answers) {
    if (answer.status === 201) expect(answer.text).toBe(fresh[0]?.text);
    else {
      expect([answer.status, answer.body.error.code]).toEqual([409, 'IDEMPOTENCY_IN_PROGRESS']);
      expect(answer.headers.get('retry-after')).toBe('1');
    }
  }
  expect((await send('cake', 'k-cake')).text).toBe(fresh[0]?.text);
});

test('the same key with another body, path, query or method is refused', async () => {
  await send('tea', 'k-tea');
  const attempts = [
    send('coffee', 'k-tea'),
    send('tea', 'k-tea', { path: '/v1/things-elsewhere' }),
    send('tea', 'k-tea', { path: '/v1/things?' }),
    // The bytes count, not what they mean.
    server.call('POST', '/v1/things', { body: '{ "name": "tea" }', headers: { 'idempotency-key': 'k-tea' } }),
  ];
  for (const answer of await Promise.all(attempts)) {
    expect([answer.status, answer.body.error.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
  }
  expect(await count('tea')).toBe(1);
});

test('keys of different API keys have nothing to do with each other', async () => {
  await send('milk', 'k-shared', { key: 'one' });
  const other = await send('butter', 'k-shared', { key: 'two' });
  expect([other.status, other.body.data.name]).toEqual([201, 'butter']);
});

test('a key is 1 to 255 characters long', async () => {
  expect((await send('salt', 'x'.repeat(255))).status).toBe(201);
  const answer = await send('salt 2', 'x'.repeat(256));
  expect([answer.status, answer.body.error.details[0].path]).toEqual([400, 'Idempotency-Key']);
});

test('what was refused before anything happened may be corrected under the same key', async () => {
  const headers = { 'idempotency-key': 'k-typo' };
  const bad = await server.call('POST', '/v1/things', { body: { nmae: 'oil' }, headers });
  expect(bad.status).toBe(400);
  expect((await send('oil', 'k-typo')).status).toBe(201);
});

test('a refusal of the handler is an answer too, and is repeated', async () => {
  around = async () => {
    throw noRoom([{ path: 'name', code: 'no_room', message: 'The shelf is full.' }]);
  };
  const first = await send('jam', 'k-jam');
  around = async () => {};
  const again = await send('jam', 'k-jam');
  expect([first.status, again.status, again.text]).toEqual([409, 409, first.text]);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(await count('jam')).toBe(0);
});

test('after a 5xx the request may be tried again', async () => {
  around = async () => {
    throw new Error('a bug');
  };
  expect((await send('honey', 'k-honey')).status).toBe(500);
  around = async () => {};
  expect((await send('honey', 'k-honey')).status).toBe(201);
  expect(await count('honey')).toBe(1);
});

test('a crash between effect and commit leaves neither effect nor answer; a repeat runs', async () => {
  inside = async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(bare.test.database.db);
  };
  expect((await send('pie', 'k-pie')).status).toBe(503);
  inside = async () => {};
  expect([await count('pie'), await rowOf('k-pie')]).toEqual([0, undefined]);
  expect((await send('pie', 'k-pie')).status).toBe(201);
  expect(await count('pie')).toBe(1);
});

test('a crash after the commit and before the answer: a repeat gets the answer that nobody saw', async () => {
  const committed = gate();
  const dying = await bare.serve(
    routes.map((entry) => ({
      ...entry,
      handle: async (input) => {
        const result = await entry.handle(input);
        committed.open();
        await new Promise(() => {});
        return result;
      },
    })),
  );
  const lost = send('soup', 'k-soup', { to: dying }).catch(() => 'no answer');
  await committed.opened;
  const { request_id: requestId } = (await rowOf('k-soup')) ?? {};
  const answer = await send('soup', 'k-soup');
  expect([answer.status, answer.headers.get('idempotent-replayed')]).toEqual([201, 'true']);
  expect(answer.body).toMatchObject({ data: { name: 'soup' }, meta: { requestId } });
  expect(await count('soup')).toBe(1);
  void lost;
});

test('a process that died frees its key after half a minute; one that lives keeps it for as long as it runs', async () => {
  const [started, end] = [gate(), gate()];
  around = async () => {
    started.open();
    await end.opened;
  };
  const long = send('stew', 'k-stew');
  await started.opened;
  around = async () => {};
  for (const _ of Array.from({ length: 6 })) {
    bare.clock.advance(10_000);
    const renewed = bare.clock.now().getTime() + 30_000;
    await eventually('the lease was renewed', async () => {
      const row = await bare.test.database.db
        .selectFrom('idempotent_requests')
        .select('lease_until')
        .where('idempotency_key', '=', 'k-stew')
        .executeTakeFirstOrThrow();
      return row.lease_until.getTime() === renewed;
    });
  }
  expect((await send('stew', 'k-stew')).body.error.code).toBe('IDEMPOTENCY_IN_PROGRESS');
  end.open();
  expect((await long).status).toBe(201);

  // As a killed process leaves it.
  await sql`
    insert into idempotent_requests (api_key_id, idempotency_key, request_hash, request_id, lease_until, expires_at)
    select api_key_id, 'k-dead', request_hash, 'req_dead', ${new Date(bare.clock.now().getTime() + 30_000)}, expires_at
    from idempotent_requests where idempotency_key = 'k-stew'`.execute(bare.test.database.db);
  expect((await send('stew', 'k-dead')).status).toBe(409);
  bare.clock.advance(30_000);
  expect((await send('goulash', 'k-dead')).status).toBe(201);
});

test('a request whose key another took over meanwhile changes nothing', async () => {
  const [started, end] = [gate(), gate()];
  around = async () => {
    started.open();
    await end.opened;
  };
  const slow = send('curry', 'k-curry');
  await started.opened;
  around = async () => {};
  await sql`update idempotent_requests set lease_until = ${bare.clock.now()} where idempotency_key = 'k-curry'`.execute(
    bare.test.database.db,
  );
  const second = await send('curry', 'k-curry');
  expect(second.status).toBe(201);
  end.open();
  expect((await slow).body.error.code).toBe('IDEMPOTENCY_IN_PROGRESS');
  expect(await count('curry')).toBe(1);
  expect((await send('curry', 'k-curry')).text).toBe(second.text);
});

test('an effect that is not in our database is repeated from the stored answer as well', async () => {
  calls = 0;
  const first = await send('far', 'k-far', { path: '/v1/things-elsewhere' });
  const again = await send('far', 'k-far', { path: '/v1/things-elsewhere' });
  expect([first.status, again.text, calls]).toEqual([201, first.text, 1]);
});

test('an answer is kept for a day; then the key is free, and the row is swept', async () => {
  const first = await send('fig', 'k-fig');
  bare.clock.advance(24 * 3600_000 - 1);
  expect((await send('fig', 'k-fig')).text).toBe(first.text);
  bare.clock.advance(1);
  expect((await send('date', 'k-fig')).body.data.name).toBe('date');
  bare.clock.advance(24 * 3600_000);
  await eventually('the sweep', async () => {
    bare.clock.advance(5 * 60_000);
    return (await rowOf('k-fig')) === undefined;
  });
  expect(await removeExpired(bare.test.database.db, bare.clock.now(), 10)).toBe(0);
});

test('a request without a key asks the database nothing for it', async () => {
  const statements: string[] = [];
  const quiet = await bare.serve([
    route({
      ...definition,
      operationId: 'x',
      path: '/v1/quiet',
      handle: async () => ({ data: { name: 'x' } }),
    }),
  ]);
  quiet.database.pool.on('acquire', () => statements.push('a query'));
  await quiet.call('POST', '/v1/quiet', { body: { name: 'x' } });
  expect(statements).toEqual([]);
  await quiet.call('POST', '/v1/quiet', { body: { name: 'x' }, headers: { 'idempotency-key': 'q' } });
  expect(statements).toHaveLength(2);
});

test('what is kept of an answer is encrypted, and opens for its own key alone', async () => {
  const first = await send('a secret recipe', 'k-sealed');
  await send('another recipe', 'k-moved');
  const rows = await bare.test.database.db.selectFrom('idempotent_requests').selectAll().execute();
  expect(rows.filter(({ body }) => body !== null).length).toBeGreaterThan(1);
  for (const { body } of rows) expect(body?.toString('latin1') ?? '').not.toContain('"data"');
  expect((await send('a secret recipe', 'k-sealed')).text).toBe(first.text);

  await sql`
    update idempotent_requests as to_row set body = from_row.body from idempotent_requests as from_row
    where to_row.idempotency_key = 'k-moved' and from_row.idempotency_key = 'k-sealed'
  `.execute(bare.test.database.db);
  expect((await send('another recipe', 'k-moved')).status).toBe(409);
});

test('while the encryption key is changed, and after, repeats get the first answer', async () => {
  const [before, after] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const first = await send('lentils', 'k-lentils');
  const both = createEncryption(after, before);
  const during = await bare.serve(routes, { encryption: both });
  expect((await send('lentils', 'k-lentils', { to: during })).text).toBe(first.text);

  // More than are looked at in one go, all before it, and none that a key opens.
  await sql`
    insert into idempotent_requests
      (api_key_id, idempotency_key, request_hash, request_id, lease_until, expires_at, status, body)
    select api_key_id, 'a-' || n, request_hash, request_id, lease_until, expires_at, status, 'not sealed'
    from idempotent_requests, generate_series(1, 250) n where idempotency_key = 'k-lentils'
  `.execute(bare.test.database.db);
  expect(await resealAnswers(bare.test.database.db, both)).toBeGreaterThan(0);
  expect(await resealAnswers(bare.test.database.db, both)).toBe(0);
  const later = await bare.serve(routes, { encryption: createEncryption(after) });
  const again = await send('lentils', 'k-lentils', { to: later });
  expect([again.text, again.headers.get('idempotent-replayed')]).toEqual([first.text, 'true']);
});

test('an answer that no key opens is not given, and the request is not run again', async () => {
  await send('peas', 'k-peas');
  const strange = await bare.serve(routes, { encryption: createEncryption(Buffer.alloc(32, 3)) });
  const answer = await send('peas', 'k-peas', { to: strange });
  expect([answer.status, answer.body.error.code]).toEqual([409, 'CONFLICT']);
  expect(answer.body.error.message).toMatch(/carried out, but its response can no longer be read/);
  expect(await count('peas')).toBe(1);
  // Another request under the key is refused with the reason, whether or not the answer can be decrypted.
  expect((await send('beans', 'k-peas', { to: strange })).body.error.code).toBe('IDEMPOTENCY_KEY_REUSED');
});

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
/** Runs inside the transaction of the next requests, and around their handlers. Tests replace both. */
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

test('a repeated request gets the first response byte for byte, including request id and ETag, and has no effect', async () => {
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

test('the response with an idempotency key equals the response without one', async () => {
  const keyed = await send('rye', 'k-rye');
  const plain = await server.call('POST', '/v1/things', { body: { name: 'barley' } });
  expect({ ...plain.body, data: null, meta: null }).toEqual({ ...keyed.body, data: null, meta: null });
  expect(plain.headers.get('content-type')).toBe(keyed.headers.get('content-type'));
  expect(plain.headers.get('etag')).toBe(keyed.headers.get('etag'));
});

test('50 concurrent repeats on two servers have one effect; the others get the stored response or 409', async () => {
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
    // The bytes are compared, not their meaning.
    server.call('POST', '/v1/things', { body: '{ "name": "tea" }', headers: { 'idempotency-key': 'k-tea' } }),
  ];
  for (const answer of await Promise.all(attempts)) {
    expect([answer.status, answer.body.error.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
  }
  expect(await count('tea')).toBe(1);
});

test('two API keys can use the same idempotency key independently', async () => {
  await send('milk', 'k-shared', { key: 'one' });
  const other = await send('butter', 'k-shared', { key: 'two' });
  expect([other.status, other.body.data.name]).toEqual([201, 'butter']);
});

test('an idempotency key of 256 characters is refused', async () => {
  expect((await send('salt', 'x'.repeat(255))).status).toBe(201);
  const answer = await send('salt 2', 'x'.repeat(256));
  expect([answer.status, answer.body.error.details[0].path]).toEqual([400, 'Idempotency-Key']);
});

test('a request with an invalid body can be corrected and sent with the same key', async () => {
  const headers = { 'idempotency-key': 'k-typo' };
  const bad = await server.call('POST', '/v1/things', { body: { nmae: 'oil' }, headers });
  expect(bad.status).toBe(400);
  expect((await send('oil', 'k-typo')).status).toBe(201);
});

test('a refusal of the handler is stored and repeated', async () => {
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

test('a request that was answered with 5xx can be repeated with the same key', async () => {
  around = async () => {
    throw new Error('a bug');
  };
  expect((await send('honey', 'k-honey')).status).toBe(500);
  around = async () => {};
  expect((await send('honey', 'k-honey')).status).toBe(201);
  expect(await count('honey')).toBe(1);
});

test('a crash before the commit leaves neither effect nor response, and a repeat runs', async () => {
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

test('after a crash between commit and response, a repeat gets the stored response', async () => {
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

test('a key is released 30 seconds after its process died, and not while its request is running', async () => {
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
    await eventually('the lease is renewed', async () => {
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

  // The row that a killed process leaves.
  await sql`
    insert into idempotent_requests (api_key_id, idempotency_key, request_hash, request_id, lease_until, expires_at)
    select api_key_id, 'k-dead', request_hash, 'req_dead', ${new Date(bare.clock.now().getTime() + 30_000)}, expires_at
    from idempotent_requests where idempotency_key = 'k-stew'`.execute(bare.test.database.db);
  expect((await send('stew', 'k-dead')).status).toBe(409);
  bare.clock.advance(30_000);
  expect((await send('goulash', 'k-dead')).status).toBe(201);
});

test('a request whose key was claimed by another request has no effect', async () => {
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

test('the response to an effect outside our database is also stored and repeated', async () => {
  calls = 0;
  const first = await send('far', 'k-far', { path: '/v1/things-elsewhere' });
  const again = await send('far', 'k-far', { path: '/v1/things-elsewhere' });
  expect([first.status, again.text, calls]).toEqual([201, first.text, 1]);
});

test('a response is stored for a day; then the key can be used again, and the row is deleted', async () => {
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

test('a request without an idempotency key causes no query', async () => {
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

test('stored responses are encrypted, and cannot be decrypted for another key', async () => {
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

test('during and after a rotation of the encryption key, repeats get the first response', async () => {
  const [before, after] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const first = await send('lentils', 'k-lentils');
  const both = createEncryption(after, before);
  const during = await bare.serve(routes, { encryption: both });
  expect((await send('lentils', 'k-lentils', { to: during })).text).toBe(first.text);

  // More rows than one batch, all ordered before that row, and none can be decrypted.
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

test('a repeat whose stored response cannot be decrypted is refused, and not run again', async () => {
  await send('peas', 'k-peas');
  const strange = await bare.serve(routes, { encryption: createEncryption(Buffer.alloc(32, 3)) });
  const answer = await send('peas', 'k-peas', { to: strange });
  expect([answer.status, answer.body.error.code]).toEqual([409, 'CONFLICT']);
  expect(answer.body.error.message).toMatch(/carried out, but its response can no longer be read/);
  expect(await count('peas')).toBe(1);
  // Another request with the key is refused as usual.
  expect((await send('beans', 'k-peas', { to: strange })).body.error.code).toBe('IDEMPOTENCY_KEY_REUSED');
});

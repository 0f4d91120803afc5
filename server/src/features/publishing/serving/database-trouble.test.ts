// The database refuses for reasons that pass: its disk is full, it is read-only, two transactions are in each other's way.
// Callers are asked to repeat, batches and posts wait, and nothing is lost or done twice.
import { afterEach, expect, test } from 'vitest';
import { account, app, pinsHere, usePublishing, worker } from '../../../../test/publishing.ts';
import { sql } from '../../../platform/db/index.ts';

usePublishing();

/** By the documentation of PostgreSQL, appendix A. */
const passing: [string, string][] = [
  ['40001', 'serialization_failure'],
  ['40P01', 'deadlock_detected'],
  ['55P03', 'lock_not_available'],
  ['57014', 'query_canceled'],
  ['25006', 'read_only_sql_transaction'],
  ['53000', 'insufficient_resources'],
  ['53100', 'disk_full'],
  ['53200', 'out_of_memory'],
  ['53300', 'too_many_connections'],
  ['58000', 'system_error'],
  ['58030', 'io_error'],
  ['57P01', 'admin_shutdown'],
];

const tables = ['posts', 'batch_entries', 'accounts', 'idempotent_requests'] as const;

/** Makes each write of the table fail with this SQLSTATE. */
async function breakTable(table: (typeof tables)[number], state: string): Promise<void> {
  await sql`
    create or replace function fail_on_purpose() returns trigger language plpgsql as
    ${sql.lit(`begin raise exception 'on purpose' using errcode = '${state}'; end`)}
  `.execute(app.database.db);
  await sql`
    create trigger fail_on_purpose before insert or update on ${sql.table(table)}
    for each statement execute function fail_on_purpose()
  `.execute(app.database.db);
}

async function repair(): Promise<void> {
  for (const table of tables) {
    await sql`drop trigger if exists fail_on_purpose on ${sql.table(table)}`.execute(app.database.db);
  }
}
afterEach(repair);

const path = () => `/v1/accounts/${account.accountId}/posts`;
const body = () => ({ mediaUrl: app.picture(), title: 'A post' });

test.each(passing)('%s (%s): a create is 503 with Retry-After, and works afterwards', async (state) => {
  await breakTable('posts', state);
  const answer = await app.send('POST', path(), body());
  expect([answer.status, answer.body.error?.reason]).toEqual([503, 'unavailable']);
  expect(answer.headers.get('retry-after')).toBe('5');
  expect(answer.body.error.details[0].message).toMatch(/^The database .*\. Try again in a moment\.$/);
  await repair();
  expect((await app.send('POST', path(), body())).status).toBe(201);
});

test.each(passing)('%s (%s): a change of an account is 503', async (state) => {
  await breakTable('accounts', state);
  const answer = await app.send('PATCH', `/v1/accounts/${account.accountId}`, { timezone: 'Europe/Berlin' });
  expect([answer.status, answer.body.error?.reason]).toEqual([503, 'unavailable']);
});

test.each(passing)('%s (%s): no entry of a batch fails, and all are created afterwards', async (state) => {
  const posts = Array.from({ length: 8 }, (_, index) => ({ ...body(), title: `${state} ${index}` }));
  const sent = await app.send('POST', `${path()}/batches`, { posts });
  expect(sent.status).toBe(202);
  await breakTable('posts', state);
  await app.app.jobs.runDue();
  const batchPath = `${path()}/batches/${sent.body.data.batch.id}`;
  const waiting = (await app.send('GET', batchPath)).body.data.batch;
  expect(waiting).toMatchObject({ status: 'processing', created: 0, failed: 0, pending: 8 });
  await repair();
  await sql`update pgboss.job set start_after = now() where state = 'retry'`.execute(app.database.db);
  await app.app.jobs.runDue();
  const done = (await app.send('GET', batchPath)).body.data.batch;
  expect(done).toMatchObject({ status: 'completed', created: 8, failed: 0 });
});

test.each(passing)('%s (%s): a due post waits, and is published once afterwards', async (state) => {
  const sendAt = new Date(app.clock.now().getTime() + 60_000).toISOString();
  const post = await app.createPost(account, { sendAt });
  app.clock.advance(60_000);
  await breakTable('posts', state);
  await worker.runDue();
  expect((await app.getPost(account, post.id)).status).toBe('queued');
  await repair();
  app.clock.advance(120_000);
  await worker.runDue();
  expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent', attempts: 1 });
  expect(await pinsHere()).toHaveLength(1);
});

test('corrupted data does not pass: it is a bug for the log', async () => {
  await breakTable('posts', 'XX001');
  expect((await app.send('POST', path(), body())).status).toBe(500);
});

test('a key whose request met an outage can be used again as soon as the database works', async () => {
  const headers = { 'idempotency-key': 'met-an-outage' };
  await breakTable('posts', '53100');
  expect((await app.send('POST', path(), body(), { headers })).status).toBe(503);
  await repair();
  expect((await app.send('POST', path(), body(), { headers })).status).toBe(201);
});

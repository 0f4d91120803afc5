// API keys over HTTP: create, list and revoke them; no key can grant more rights than its own.
import { beforeAll, describe, expect, test } from 'vitest';
import { fieldCodes } from '../../../test/answer.ts';
import type { PinterestAccount } from '../../../test/app.ts';
import { errorLevel } from '../../../test/log.ts';
import { account, app, useApp } from '../../../test/use-app.ts';
import { createAuth } from './index.ts';

useApp({ accountPer: 'file' });

let other: PinterestAccount;

beforeAll(async () => {
  other = await app.connectAccount();
});

const path = '/v1/api-keys';
const create = (body: unknown, key?: string) => app.call('POST', path, body, key);
const list = async (key?: string) => (await app.call('GET', path, undefined, key)).body.data.apiKeys;
const revoke = (id: string, key?: string) => app.call('DELETE', `${path}/${id}`, undefined, key);
const opens = async (key: string) => (await app.call('GET', '/v1/accounts', undefined, key)).status;
const inDays = (days: number) => new Date(app.clock.now().getTime() + days * 86_400_000).toISOString();
const seconds = (moment: string | Date) => Math.floor(new Date(moment).getTime() / 1000);

describe('creating a key', () => {
  test('a new key is returned with every field of the contract and with a secret that works', async () => {
    const expiresAt = inDays(30);
    const body = {
      name: 'Zapier',
      scopes: ['accounts:read', 'posts:write'],
      accountIds: [account.accountId],
      expiresAt,
    };
    const answer = await create(body);
    expect(answer.status).toBe(201);
    const { apiKey, secret } = answer.body.data;
    expect(apiKey).toEqual({
      id: expect.stringMatching(/^key_/),
      name: 'Zapier',
      prefix: secret.slice(0, 12),
      scopes: ['accounts:read', 'posts:write'],
      accountIds: [account.accountId],
      createdAt: seconds(app.clock.now()),
      lastUsedAt: null,
      expiresAt: seconds(expiresAt),
      createdBy: { type: 'key', id: expect.stringMatching(/^key_/), name: 'test' },
    });
    expect(secret).toMatch(/^pt_test_[\w-]{51}$/);
    const { accounts } = (await app.call('GET', '/v1/accounts', undefined, secret)).body.data;
    expect(accounts.map(({ id }: { id: string }) => id)).toEqual([account.accountId]);
    expect(await list()).toContainEqual({ ...apiKey, lastUsedAt: seconds(app.clock.now()) });
  });

  test('a key without restrictions has every scope and every account', async () => {
    const { apiKey, secret } = (await create({ name: 'All' })).body.data;
    expect(apiKey).toMatchObject({ scopes: null, accountIds: null, expiresAt: null });
    expect((await create({ name: 'Another' }, secret)).status).toBe(201);
  });

  test('the secret of a key is shown once, and is neither stored nor logged', async () => {
    const { secret } = (await create({ name: 'Quiet' })).body.data;
    await opens(secret);
    const rows = await app.database.db.selectFrom('api_keys').selectAll().execute();
    expect(JSON.stringify([rows, await list(), app.logLines])).not.toContain(secret);
  });

  test('a key is refused once it has expired', async () => {
    const { secret } = (await create({ name: 'Short', expiresAt: inDays(1) })).body.data;
    expect(await opens(secret)).toBe(200);
    app.clock.advance(86_400_000);
    expect(await opens(secret)).toBe(401);
  });
});

describe('rights of a new key', () => {
  test('creating a key with scopes, accounts or an expiry beyond its own is refused, and every excess is named', async () => {
    const own = await create({
      name: 'Small',
      scopes: ['keys:write', 'posts:read'],
      accountIds: [account.accountId],
      expiresAt: inDays(7),
    });
    const { secret } = own.body.data;
    const everything = await create({ name: 'Everything' }, secret);
    expect([everything.status, everything.body.error.code]).toEqual([403, 'FORBIDDEN']);
    expect(everything.body.error.details).toMatchObject([
      { path: 'scopes', code: 'beyond_own', message: expect.stringContaining('keys:write posts:read') },
      { path: 'accountIds', code: 'beyond_own' },
      { path: 'expiresAt', code: 'beyond_own' },
    ]);
    const more = await create(
      {
        name: 'More',
        scopes: ['posts:read', 'posts:write', 'media:write'],
        accountIds: [account.accountId],
        expiresAt: inDays(8),
      },
      secret,
    );
    expect(more.status).toBe(403);
    expect(more.body.error.details.map(({ path }: { path: string }) => path)).toEqual([
      'scopes.1',
      'scopes.2',
      'expiresAt',
    ]);
    const less = await create(
      { name: 'Less', scopes: ['posts:read'], accountIds: [account.accountId], expiresAt: inDays(7) },
      secret,
    );
    expect(less.status).toBe(201);
  });

  test('an account that a key may not see cannot be granted, as if it did not exist', async () => {
    const { secret } = (await create({ name: 'One', accountIds: [account.accountId] })).body.data;
    const answer = await create({ name: 'Two', accountIds: [account.accountId, other.accountId] }, secret);
    expect(answer.status).toBe(400);
    expect(answer.body.error.details).toMatchObject([{ path: 'accountIds.1', code: 'account_not_found' }]);
  });

  test('each account of another tenant, and each invalid account id, is named in the refusal', async () => {
    const stranger = await app.makeKey({ organization: 'Strangers' });
    const foreign = await app.connectAccount({ organizationId: stranger.organizationId });
    const answer = await create({
      name: 'Wide',
      accountIds: [foreign.accountId, account.accountId, 'acc_nonsense', 'x'],
    });
    expect(answer.status).toBe(400);
    expect(answer.body.error.details.map(({ path }: { path: string }) => path)).toEqual([
      'accountIds.0',
      'accountIds.2',
      'accountIds.3',
    ]);
  });
});

describe('listing keys', () => {
  test('the list has the keys of the organization that are not revoked, oldest first', async () => {
    const one = (await create({ name: 'One' })).body.data.apiKey;
    const two = (await create({ name: 'Two' })).body.data.apiKey;
    await revoke(one.id);
    const all = await list();
    expect(all.at(-1)).toEqual(two);
    expect(all.map(({ id }: { id: string }) => id)).not.toContain(one.id);
    const stranger = await app.makeKey({ organization: 'Strangers' });
    const theirs = await list(stranger.key);
    expect(theirs.map(({ id }: { id: string }) => id)).not.toContain(two.id);
  });

  test('a key that is restricted to an account sees only keys restricted to that account', async () => {
    const { secret, apiKey } = (await create({ name: 'Mine', accountIds: [account.accountId] })).body.data;
    const elsewhere = (await create({ name: 'Theirs', accountIds: [other.accountId] })).body.data.apiKey;
    const both = { name: 'Both', accountIds: [account.accountId, other.accountId] };
    const wider = (await create(both)).body.data.apiKey;
    const seen: { id: string; accountIds: string[] }[] = await list(secret);
    expect(seen.map(({ id }) => id)).toContain(apiKey.id);
    for (const { accountIds } of seen) expect(accountIds).toEqual([account.accountId]);
    for (const { id } of [elsewhere, wider]) {
      const answer = await revoke(id, secret);
      expect([answer.status, answer.body.error.message]).toEqual([404, 'API key not found']);
    }
  });

  test('listing keys uses an index', async () => {
    const { rows } = await app.database.pool.query(
      `explain select id from api_keys where organization_id = 'org_x' and revoked_at is null order by id`,
    );
    expect(JSON.stringify(rows)).toContain('api_keys_living');
  });
});

describe('revoking a key', () => {
  test('a revoked key is refused at once, also in other processes, and cannot be revoked again', async () => {
    const { apiKey, secret } = (await create({ name: 'Leaked' })).body.data;
    expect(await opens(secret)).toBe(200);
    const elsewhere = createAuth({ database: app.database, clock: app.clock, keyPrefix: 'pt_test_' });
    expect(await elsewhere.authenticate(secret)).not.toBe(null);
    // Another process listens and empties its cache (serve.ts).
    const client = await app.database.pool.connect();
    const notified = new Promise<string | undefined>((resolve) =>
      client.once('notification', ({ payload }) => {
        elsewhere.forgetCached();
        resolve(payload);
      }),
    );
    await client.query('listen pintail_keys');
    const answer = await revoke(apiKey.id);
    expect(answer.body.data).toEqual({ deleted: true, id: apiKey.id, revokedIds: [apiKey.id] });
    expect(await opens(secret)).toBe(401);
    expect(await notified).toBe(apiKey.id);
    client.release(true);
    expect(await elsewhere.authenticate(secret)).toBe(null);
    expect((await revoke(apiKey.id)).status).toBe(404);
  });

  test('a key may revoke itself', async () => {
    const { apiKey, secret } = (await create({ name: 'Tired', scopes: ['keys:write'] })).body.data;
    expect((await revoke(apiKey.id, secret)).status).toBe(200);
    expect((await app.call('GET', path, undefined, secret)).status).toBe(401);
  });

  test('a query that began before the cache was emptied is not cached after it', async () => {
    const { apiKey, secret } = (await create({ name: 'Race' })).body.data;
    const elsewhere = createAuth({ database: app.database, clock: app.clock, keyPrefix: 'pt_test_' });
    const authentication = elsewhere.authenticate(secret);
    elsewhere.forgetCached();
    expect(await authentication).not.toBe(null);
    await revoke(apiKey.id);
    expect(await elsewhere.authenticate(secret)).toBe(null);
  });

  test('a key of another tenant cannot be revoked and is not found', async () => {
    const { apiKey, secret } = (await create({ name: 'Ours' })).body.data;
    const stranger = (await app.makeKey({ organization: 'Strangers' })).key;
    for (const id of [apiKey.id, 'key_nonsense', 'x', '%00']) {
      const answer = await revoke(id, stranger);
      expect([answer.status, answer.body.error.message]).toEqual([404, 'API key not found']);
    }
    expect(await opens(secret)).toBe(200);
  });
});

describe('every invalid field of a new key is named', () => {
  test.each<[unknown, Record<string, string>]>([
    [undefined, { '': 'required' }],
    [{}, { name: 'required' }],
    [{ name: ' ' }, { name: 'too_short' }],
    [
      { name: 'x'.repeat(101), scopes: [] },
      { name: 'too_long', scopes: 'too_small' },
    ],
    [
      { name: null, scopes: ['posts:read', 'posts:all'] },
      { name: 'wrong_type', 'scopes.1': 'not_allowed' },
    ],
    [{ name: 'x', scopes: ['posts:read', 'posts:read'] }, { 'scopes.1': 'repeated' }],
    [
      { name: 'x', accountIds: ['a', 'a'], expiresAt: '2020-01-01T00:00:00Z' },
      { 'accountIds.1': 'repeated', expiresAt: 'in_the_past' },
    ],
    [{ name: 'x', accountIds: [] }, { accountIds: 'too_small' }],
    [{ name: 'x', expiresAt: '2030-01-01T00:00:00' }, { expiresAt: 'offset_missing' }],
    [
      { name: 'x', expiresAt: 5, scope: [] },
      { expiresAt: 'wrong_type', scope: 'unknown_field' },
    ],
  ])('%j', async (body, fields) => {
    const before = await list();
    const answer = await create(body);
    expect(answer.status).toBe(400);
    expect(fieldCodes(answer.body.error.details)).toEqual(fields);
    expect(await list()).toHaveLength(before.length);
  });
});

test('a key without the scope keys:write can neither create, list nor revoke keys', async () => {
  const { key, id } = await app.makeKey({ scopes: ['accounts:write', 'posts:write'] });
  for (const answer of [
    await create({ name: 'x' }, key),
    await app.call('GET', path, undefined, key),
    await revoke(id, key),
  ]) {
    expect([answer.status, answer.body.error.details[0].code]).toEqual([403, 'scope_missing']);
  }
});

test('an organization has at most 1,000 keys; revoked ones do not count', async () => {
  const full = await app.makeKey({ organization: 'Full' });
  await app.database.pool.query(
    `insert into api_keys (id, organization_id, name, prefix, secret_hash, created_at, revoked_at, created_by)
     select 'key_' || n, $1, 'many', 'pt_test_', sha256(n::text::bytea), now(),
       case when n > 998 then now() end, '{}'
     from generate_series(1, 1100) n`,
    [full.organizationId],
  );
  const last = await create({ name: 'Last' }, full.key);
  expect(last.status).toBe(201);
  const refused = await create({ name: 'Too many' }, full.key);
  expect([refused.status, refused.body.error.code]).toEqual([409, 'CONFLICT']);
  await revoke(last.body.data.apiKey.id, full.key);
  expect((await create({ name: 'Again' }, full.key)).status).toBe(201);
});

test('nothing in this file was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

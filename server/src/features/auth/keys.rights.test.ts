// The author and the history of API keys, and the keys that a key may see and revoke: those with at most its own rights.
import { beforeAll, describe, expect, test } from 'vitest';
import type { Json, PinterestAccount } from '../../../test/app.ts';
import { account, app, useApp } from '../../../test/use-app.ts';

useApp({ accountPer: 'file' });

let other: PinterestAccount;
let ownerId: string;

beforeAll(async () => {
  other = await app.connectAccount();
  ownerId = (await app.call('GET', '/v1/me')).body.data.key.id;
});

interface MadeKey {
  id: string;
  secret: string;
}

async function create(body: Json, key?: string): Promise<MadeKey> {
  const answer = await app.call('POST', '/v1/api-keys', { name: 'a key', ...body }, key);
  expect(answer.status).toBe(201);
  return { id: answer.body.data.apiKey.id, secret: answer.body.data.secret };
}

const list = async (key?: string): Promise<Json[]> =>
  (await app.call('GET', '/v1/api-keys', undefined, key)).body.data.apiKeys;
const idsSeen = async (key: string) => (await list(key)).map(({ id }) => id);
const revoke = (id: string, key?: string, query = '') =>
  app.call('DELETE', `/v1/api-keys/${id}${query}`, undefined, key);
const opens = async ({ secret }: MadeKey) =>
  (await app.call('GET', '/v1/me', undefined, secret)).status === 200;
const inDays = (days: number) => new Date(app.clock.now().getTime() + days * 86_400_000).toISOString();
const events = async (key?: string, query = 'type=api_key.created,api_key.revoked') =>
  (await app.call('GET', `/v1/events?${query}&limit=100`, undefined, key)).body.data.events as Json[];

test('a key names the key that created it, and a key from the command line names the system', async () => {
  const child = await create({ name: 'Child' });
  expect(await list()).toContainEqual(
    expect.objectContaining({ id: child.id, createdBy: { type: 'key', id: ownerId, name: 'test' } }),
  );
  const system = { type: 'system', id: null, name: 'Pintail' };
  expect((await app.call('GET', '/v1/me')).body.data.key.createdBy).toEqual(system);
});

describe('events of keys', () => {
  test('creating and revoking a key are events with the actor and the rights of the key', async () => {
    const expiresAt = inDays(3);
    const body = {
      name: 'Logged',
      scopes: ['posts:read'],
      accountIds: [account.accountId],
      expiresAt,
    };
    const { id, secret } = await create(body);
    await revoke(id);
    const ofKey = (await events()).filter(({ data }) => (data as Json).keyId === id);
    const actor = { type: 'key', id: ownerId, name: 'test' };
    const seconds = Math.floor(Date.parse(expiresAt) / 1000);
    expect(ofKey).toMatchObject([
      { type: 'api_key.created', accountId: null, actor, data: { ...body, keyId: id, expiresAt: seconds } },
      { type: 'api_key.revoked', accountId: null, actor, data: { keyId: id, name: 'Logged' } },
    ]);
    expect(JSON.stringify(await events())).not.toContain(secret);
  });

  test('they are seen only with the scope keys:write and without a restriction to accounts', async () => {
    const manager = await create({ scopes: ['posts:read', 'keys:write'] });
    expect((await events(manager.secret)).length).toBeGreaterThan(0);
    for (const body of [{ scopes: ['posts:read'] }, { accountIds: [account.accountId] }]) {
      const { secret } = await create(body);
      expect(await events(secret)).toEqual([]);
      const all = await events(secret, '');
      expect(all.filter(({ type }) => String(type).startsWith('api_key'))).toEqual([]);
    }
  });

  test('the stream omits them for a key that may not see them', async () => {
    const reader = await create({ scopes: ['posts:read'] });
    const first = (await app.call('GET', '/v1/events?limit=1')).body.data.events[0].id;
    const abort = new AbortController();
    const answer = await fetch(`${app.url}/v1/events?after=${first}`, {
      headers: { authorization: `Bearer ${reader.secret}`, accept: 'text/event-stream' },
      signal: abort.signal,
    });
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (text.includes('account.connected')) break;
    }
    abort.abort();
    expect(text).not.toContain('api_key.');
  });

  test('a webhook for all types receives none of them; naming one needs the right to see it', async () => {
    const url = 'https://8.8.8.8/hook';
    const webhook = (body: Json, key?: string) => app.call('POST', '/v1/webhooks', { url, ...body }, key);
    const hooks = await create({ scopes: ['posts:read', 'webhooks:write'] });
    const refused = await webhook({ events: ['post.sent', 'api_key.created'] }, hooks.secret);
    expect(refused.status).toBe(400);
    expect(refused.body.error.details).toMatchObject([{ path: 'events.1', code: 'beyond_own' }]);
    const all = (await webhook({})).body.data.webhook.id;
    const named = (await webhook({ events: ['api_key.created'] })).body.data.webhook.id;
    await create({ name: 'Announced' });
    await app.app.webhooks.run();
    const deliveries = async (id: string) =>
      (await app.call('GET', `/v1/webhooks/${id}/deliveries`)).body.data.deliveries.map(
        ({ type }: Json) => type,
      );
    expect(await deliveries(named)).toContain('api_key.created');
    expect(await deliveries(all)).not.toContain('api_key.created');
    // The URL of a webhook decides who receives its events.
    const change = await app.call('PATCH', `/v1/webhooks/${named}`, { url }, hooks.secret);
    expect(change.status).toBe(404);
    const seen = (await app.call('GET', '/v1/webhooks', undefined, hooks.secret)).body.data.webhooks;
    expect(seen.map(({ id }: Json) => id)).toEqual([all]);
    for (const id of [all, named]) await app.call('DELETE', `/v1/webhooks/${id}`);
  });
});

describe('keys with more rights', () => {
  test('a key neither sees nor revokes a key with more scopes, accounts or a later expiry than its own', async () => {
    const own = {
      scopes: ['keys:write', 'posts:read'],
      accountIds: [account.accountId],
      expiresAt: inDays(2),
    };
    const holder = await create(own);
    const equal = await create(own);
    const less = await create({ ...own, scopes: ['posts:read'], expiresAt: inDays(1) });
    const more = [
      await create({ ...own, scopes: ['keys:write', 'posts:write'] }),
      await create({ ...own, scopes: undefined }),
      await create({ ...own, accountIds: [account.accountId, other.accountId] }),
      await create({ ...own, accountIds: undefined }),
      await create({ ...own, expiresAt: inDays(3) }),
      await create({ ...own, expiresAt: undefined }),
    ];
    const seen = await idsSeen(holder.secret);
    expect(seen).toEqual([holder.id, equal.id, less.id]);
    for (const id of [...more.map((key) => key.id), ownerId]) {
      for (const query of ['', '?cascade=true']) {
        const answer = await revoke(id, holder.secret, query);
        expect([answer.status, answer.body.error.message]).toEqual([404, 'API key not found']);
      }
    }
    for (const key of more) expect(await opens(key)).toBe(true);
    expect((await revoke(equal.id, holder.secret)).status).toBe(200);
    expect((await revoke(less.id, holder.secret)).status).toBe(200);
    expect((await revoke(holder.id, holder.secret)).status).toBe(200);
  });
});

describe('revoking a key with the keys that it created', () => {
  /** A stolen key, a key that it created, one that this created, and one that only the owner created. */
  async function family() {
    const stolen = await create({ name: 'Stolen', scopes: ['keys:write', 'posts:read'] });
    const child = await create({ scopes: ['keys:write', 'posts:read'] }, stolen.secret);
    const grandchild = await create({ scopes: ['posts:read'] }, child.secret);
    return { stolen, child, grandchild, bystander: await create({ scopes: ['posts:read'] }) };
  }

  test('without cascade, the keys that it created stay valid, and the list names their author', async () => {
    const { stolen, child } = await family();
    const answer = await revoke(stolen.id);
    expect(answer.body.data).toEqual({ deleted: true, id: stolen.id, revokedIds: [stolen.id] });
    expect(await opens(child)).toBe(true);
    const listed = (await list()).find(({ id }) => id === child.id);
    expect(listed?.createdBy).toEqual({ type: 'key', id: stolen.id, name: 'Stolen' });
  });

  test('with cascade, its descendants are revoked too, each with an event, and no other key', async () => {
    const { stolen, child, grandchild, bystander } = await family();
    const answer = await revoke(stolen.id, undefined, '?cascade=true');
    const revokedIds = [stolen.id, child.id, grandchild.id].toSorted();
    expect(answer.body.data).toEqual({ deleted: true, id: stolen.id, revokedIds });
    for (const key of [stolen, child, grandchild]) expect(await opens(key)).toBe(false);
    expect(await opens(bystander)).toBe(true);
    const revoked = (await events(undefined, 'type=api_key.revoked')).map(({ data }) => (data as Json).keyId);
    expect(revoked).toEqual(expect.arrayContaining(revokedIds));
  });

  test('cascade reaches the keys of a key that was revoked before, and through revoked keys', async () => {
    const { stolen, child, grandchild } = await family();
    await revoke(stolen.id);
    await revoke(child.id);
    const answer = await revoke(stolen.id, undefined, '?cascade=true');
    expect(answer.body.data.revokedIds).toEqual([grandchild.id]);
    expect(await opens(grandchild)).toBe(false);
    expect((await revoke(stolen.id, undefined, '?cascade=true')).status).toBe(404);
  });

  test('a key that is created during the revocation does not survive it', async () => {
    const { stolen } = await family();
    const [created] = await Promise.all([
      Promise.all(
        Array.from({ length: 12 }, () =>
          app.call('POST', '/v1/api-keys', { name: 'late', scopes: ['posts:read'] }, stolen.secret),
        ),
      ),
      revoke(stolen.id, undefined, '?cascade=true'),
    ]);
    for (const { status, body } of created) {
      if (status !== 201) expect(status).toBe(401);
      else expect(await opens({ id: body.data.apiKey.id, secret: body.data.secret })).toBe(false);
    }
  });

  test('the operator revokes a key with its descendants', async () => {
    const { stolen, child, grandchild } = await family();
    expect(await app.app.auth.revokeKey(stolen.id)).toEqual([stolen.id]);
    expect(await app.app.auth.revokeKey(stolen.id)).toEqual([]);
    const revoked = await app.app.auth.revokeKey(stolen.id, { cascade: true });
    expect(revoked).toEqual([child.id, grandchild.id].toSorted());
  });
});

// The actor of an account's events: the key that made the request, also when the owner accepts on the consent page later.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp, testApp } from '../../../test/app.ts';
import { callbackPath } from './index.ts';

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp();
});
afterAll(() => app.stop());

async function makeActor(name: string) {
  const { id, key } = await app.makeKey({ name });
  return { key, actor: { type: 'key', id, name } };
}

async function actorsOf(accountId: string) {
  const { events } = (await app.call('GET', `/v1/events?accountId=${accountId}`)).body.data;
  return events.map(({ type, actor }: { type: string; actor: unknown }) => ({ type, actor }));
}

test('events name the keys that connected, paused, resumed and disconnected an account', async () => {
  await app.control('POST', '/seed', {
    accounts: [{ username: 'by_token', tokens: [{ accessToken: 'pina_by_token' }] }],
  });
  const owner = await makeActor('Owner');
  const planner = await makeActor('Planner');
  const connected = await app.call('POST', '/v1/accounts', { accessToken: 'pina_by_token' }, owner.key);
  const { id } = connected.body.data.account;
  await app.call('POST', `/v1/accounts/${id}/pause`, undefined, planner.key);
  await app.call('POST', `/v1/accounts/${id}/resume`, undefined, owner.key);
  await app.call('DELETE', `/v1/accounts/${id}`, undefined, planner.key);
  expect(await actorsOf(id)).toEqual([
    { type: 'account.connected', actor: owner.actor },
    { type: 'account.paused', actor: planner.actor },
    { type: 'account.resumed', actor: owner.actor },
    { type: 'account.disconnected', actor: planner.actor },
  ]);
});

test('an account connected through the consent page is connected by the key that started it', async () => {
  const redirectUris = [`http://pintail.test${callbackPath}`];
  const { accounts } = (await app.control('POST', '/seed', {
    apps: [{ clientId: testApp.appId, clientSecret: testApp.appSecret, redirectUris }],
    accounts: [{ username: 'by_consent' }],
  })) as { accounts: [{ id: string }] };
  const starter = await makeActor('Starter');
  const { url } = (await app.call('POST', '/v1/accounts/connect', {}, starter.key)).body.data;
  const { origin, pathname, searchParams } = new URL(url);
  const consent = await fetch(origin + pathname, {
    method: 'POST',
    body: new URLSearchParams([...searchParams, ['account', accounts[0].id], ['decision', 'allow']]),
    redirect: 'manual',
  });
  const { search } = new URL(consent.headers.get('location') ?? '');
  expect((await fetch(`${app.url}${callbackPath}${search}`)).status).toBe(200);
  const list = (await app.call('GET', '/v1/accounts')).body.data.accounts;
  const { id } = list.find(({ username }: { username: string }) => username === 'by_consent');
  expect(await actorsOf(id)).toEqual([{ type: 'account.connected', actor: starter.actor }]);
});

// The actor of an account's events: the key that made the request, also when the owner accepts on the consent page later.
import { expect, test } from 'vitest';
import { app, callBack, consent, list, useConsent } from './accounts.fixture.ts';

useConsent();

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
  const starter = await makeActor('Starter');
  const { url } = (await app.call('POST', '/v1/accounts/connect', {}, starter.key)).body.data;
  expect((await callBack(await consent(url))).status).toBe(200);
  const account = (await list()).find(({ username }) => username === 'gardener');
  expect(await actorsOf(String(account?.id))).toEqual([{ type: 'account.connected', actor: starter.actor }]);
});

// Refreshing the tokens of accounts: on the timer, and when Pinterest refuses an access token.
import { expect, test } from 'vitest';
import { eventually } from '../../../../test/eventually.ts';
import { errorLevel } from '../../../../test/log.ts';
import { app, boardsOf, connectGardener, storedRow, useConsent } from '../accounts.fixture.ts';

useConsent();

const hourMs = 3600_000;
const dayMs = 24 * hourMs;

async function refreshCalls(): Promise<number> {
  const { requests } = (await app.control('GET', '/requests')) as { requests: { operation: string }[] };
  return requests.filter((request) => request.operation === 'oauth/token').length;
}

test('tokens are refreshed after 20 days, also when they are not used, and work', async () => {
  const id = await connectGardener();
  const before = await storedRow(id);
  app.clock.advance(20 * dayMs - 60_000);
  await app.app.accounts.refreshDueTokens();
  expect((await storedRow(id)).access_token).toEqual(before.access_token);
  app.clock.advance(60_000);
  await app.app.accounts.refreshDueTokens();
  const after = await storedRow(id);
  expect(after.access_token).not.toEqual(before.access_token);
  expect(after.refresh_token).not.toEqual(before.refresh_token);
  expect(after.access_token_expires_at?.getTime()).toBeGreaterThan(
    before.access_token_expires_at?.getTime() ?? 0,
  );
  expect((await app.call('GET', `/v1/accounts/${id}/boards?refresh=true`)).body.data.boards).toMatchObject([
    { name: 'Garden' },
  ]);
});

test('of ten concurrent rounds, one refreshes the account', async () => {
  const id = await connectGardener();
  app.clock.advance(20 * dayMs);
  // Pinterest is slow, so that all have seen that it is due before the first has its answer.
  await app.faults([{ operation: 'oauth/token', kind: 'delay', delayMs: 300, times: 0 }]);
  const before = await refreshCalls();
  await Promise.all(Array.from({ length: 10 }, () => app.app.accounts.refreshDueTokens()));
  expect((await refreshCalls()) - before).toBe(1);
  expect((await storedRow(id)).token_authorized).toBe(true);
});

test('an account that is disconnected during a refresh has no tokens afterwards', async () => {
  const id = await connectGardener();
  app.clock.advance(20 * dayMs);
  await app.faults([{ operation: 'oauth/token', kind: 'delay', delayMs: 300, times: 0 }]);
  const before = await refreshCalls();
  const refreshing = app.app.accounts.refreshDueTokens();
  await eventually('the refresh is under way', async () => (await refreshCalls()) === before + 1);
  expect((await app.call('DELETE', `/v1/accounts/${id}`)).status).toBe(200);
  await refreshing;
  expect(await storedRow(id)).toMatchObject({ access_token: null, refresh_token: null });
  expect((await app.call('GET', `/v1/accounts/${id}`)).status).toBe(404);
});

test('an outage of Pinterest leaves the tokens unchanged, and refreshing is retried', async () => {
  const id = await connectGardener();
  app.clock.advance(20 * dayMs);
  await app.faults([{ operation: 'oauth/token', when: 'before', kind: 'status', status: 503, times: 1 }]);
  await app.app.accounts.refreshDueTokens();
  expect(await storedRow(id)).toMatchObject({ token_authorized: true, refreshing_until: null });
  app.clock.advance(10 * 60_000);
  const before = await storedRow(id);
  await app.app.accounts.refreshDueTokens();
  expect((await storedRow(id)).access_token).not.toEqual(before.access_token);
});

test.each([
  { name: 'the old refresh token stays valid', oldToken: 'lives', isUsable: true },
  { name: 'the old refresh token is invalid at once', oldToken: 'dies', isUsable: false },
])(
  'a response lost after the rotation leaves the account usable or unauthorized: $name',
  async ({ oldToken, isUsable }) => {
    const id = await connectGardener();
    await app.control('POST', '/settings', { tokens: { oldRefreshToken: oldToken } });
    app.clock.advance(20 * dayMs);
    await app.faults([{ operation: 'oauth/token', when: 'after', kind: 'reset', times: 1 }]);
    await app.app.accounts.refreshDueTokens();
    expect(await storedRow(id)).toMatchObject({ token_authorized: true });
    app.clock.advance(10 * 60_000);
    await app.app.accounts.refreshDueTokens();
    // Usable, or plainly flagged; nothing in between.
    expect(await app.call('GET', `/v1/accounts/${id}`)).toMatchObject({
      body: {
        data: { account: { tokenAuthorized: isUsable, tokenStatus: isUsable ? 'ok' : 'unauthorized' } },
      },
    });
  },
);

test('an access token that is refused early is refreshed, and the post is published', async () => {
  const id = await connectGardener();
  const account = { accountId: id, username: 'gardener', accessToken: '', boards: await boardsOf(id) };
  const post = await app.createPost(account, {
    sendAt: new Date(app.clock.now().getTime() + hourMs).toISOString(),
  });
  const before = await storedRow(id);
  await app.faults([
    { operation: 'pins/create', when: 'before', kind: 'status', status: 401, code: 2, times: 1 },
  ]);
  app.clock.advance(hourMs);
  const worker = app.app.createWorker();
  await worker.runDue();
  expect((await storedRow(id)).access_token).not.toEqual(before.access_token);
  app.clock.advance(5_000);
  await worker.runDue();
  expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent', attempts: 2 });
});

test('a missing scope (401, code 3) never causes a refresh', async () => {
  const id = await connectGardener();
  const account = { accountId: id, username: 'gardener', accessToken: '', boards: await boardsOf(id) };
  await app.createPost(account);
  await app.faults([
    { operation: 'pins/create', when: 'before', kind: 'status', status: 401, code: 3, times: 1 },
  ]);
  const before = await refreshCalls();
  app.clock.advance(60_000);
  await app.app.createWorker().runDue();
  expect(await refreshCalls()).toBe(before);
  expect((await storedRow(id)).token_authorized).toBe(false);
});

test('nothing in this file was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

// For tests of connected accounts: an app, and two users on the simulator who can accept on its consent page.
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { createTestApp, type Json, type TestApp, testApp } from '../../../test/app.ts';
import { callbackPath } from './index.ts';

// Set by the hooks below; a test file has an instance of this module to itself.
export let app: TestApp;
/** The ids of users on the simulator, by username. */
const userIds = new Map<string, string>();
export const redirectUri = `http://pintail.test${callbackPath}`;

/** Call once, at the top of the file. */
export function useConsent(): void {
  beforeAll(async () => {
    app = await createTestApp();
    const seeded = (await app.control('POST', '/seed', {
      apps: [{ clientId: testApp.appId, clientSecret: testApp.appSecret, redirectUris: [redirectUri] }],
      accounts: [
        { username: 'gardener', boards: [{ name: 'Garden' }] },
        { username: 'somebody_else', boards: [] },
      ],
    })) as { accounts: { username: string; id: string }[] };
    for (const { username, id } of seeded.accounts) userIds.set(username, id);
  });
  afterEach(() => app.clearFaults());
  afterAll(() => app.stop());
}

/** The cookie of the owner's browser. */
let cookie = '';

/** Sends a request of the owner's browser to a URL of this server. */
export async function browse(url: string, { method = 'GET', headers = {} } = {}) {
  const { pathname, search } = new URL(url);
  const answer = await fetch(`${app.url}${pathname}${search}`, {
    method,
    redirect: 'manual',
    headers: { ...(cookie && { cookie }), ...headers },
    ...(method === 'POST' && { body: new URLSearchParams() }),
  });
  const set = answer.headers.get('set-cookie');
  if (set !== null) cookie = set.split(';', 1)[0] ?? '';
  const { status } = answer;
  return {
    status,
    headers: answer.headers,
    location: answer.headers.get('location'),
    text: await answer.text(),
  };
}

/** Makes the following requests those of another browser, which has no cookie. */
export const changeBrowser = () => {
  cookie = '';
};

/** Opens a connect link and clicks: returns the URL of the consent page. */
export async function click(url: string): Promise<string> {
  await browse(url);
  const { status, location } = await browse(url, { method: 'POST' });
  expect(status).toBe(303);
  return location ?? '';
}

/** Acts as the owner's browser: opens the link, accepts or declines on the simulator's page, and is redirected to us. */
export async function consent(url: string, { username = 'gardener', decision = 'allow' } = {}) {
  return decide(await click(url), { username, decision });
}

/** Accepts or declines on the simulator's consent page. */
export async function decide(consentPage: string, { username = 'gardener', decision = 'allow' } = {}) {
  const consentUrl = new URL(consentPage);
  const form = new URLSearchParams({
    ...Object.fromEntries(consentUrl.searchParams),
    account: userIds.get(username) ?? '',
    decision,
  });
  const answer = await fetch(consentUrl.origin + consentUrl.pathname, {
    method: 'POST',
    body: form,
    redirect: 'manual',
  });
  const back = new URL(answer.headers.get('location') ?? '');
  expect(`${back.origin}${back.pathname}`).toBe(redirectUri);
  return back.search;
}

/** Requests the callback as the redirected browser does. */
export const callBack = async (query: string) => {
  const answer = await browse(`http://pintail.test${callbackPath}${query}`);
  return { ...answer, type: answer.headers.get('content-type') };
};

/** Starts a connection through the consent page. */
export const start = (body?: Json) => app.call('POST', '/v1/accounts/connect', body);
/** The accounts that the first key sees. */
export const list = async () => (await app.call('GET', '/v1/accounts')).body.data.accounts as Json[];

/** Connects the account `gardener` through the consent page, and returns its id. */
export async function connectGardener(): Promise<string> {
  await callBack(await consent((await start()).body.data.url));
  const gardener = (await list()).find((account) => account.username === 'gardener');
  return String(gardener?.id);
}

/** The row of an account, as it is stored. */
export async function storedRow(id: string) {
  return app.database.db.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

/** The ids of an account's boards, by name. */
export async function boardsOf(id: string): Promise<Record<string, string>> {
  const { boards } = (await app.call('GET', `/v1/accounts/${id}/boards`)).body.data;
  return Object.fromEntries(boards.map((board: { name: string; id: string }) => [board.name, board.id]));
}

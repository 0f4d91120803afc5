// Connect links: the page before Pinterest, the browser and the key that a link is bound to, and the way back.
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../test/app.ts';
import { errorLevel } from '../../../../test/log.ts';
import {
  app,
  browse,
  callBack,
  changeBrowser,
  click,
  connectGardener,
  consent,
  decide,
  list,
  start,
  useConsent,
} from '../accounts.fixture.ts';

useConsent();

const returnUrl = 'https://app.example.com/done?tab=1';
const linkOf = async (body: Json = {}, key?: string): Promise<string> =>
  (await app.call('POST', '/v1/accounts/connect', body, key)).body.data.url;
const parametersOf = (url: string | null) => Object.fromEntries(new URL(url ?? '').searchParams);
/** Opens a link that no longer works. */
const refused = async (url: string) => {
  const page = await browse(url);
  expect(page.status).toBe(400);
  expect(page.text).not.toMatch(/POST|\/v1\//);
  return page.text;
};

describe('the page of a link', () => {
  test('it names the organization and the host to return to, and shows no form of another site', async () => {
    const { key } = await app.makeKey({ organization: 'Dunes & <b>Sons</b>' });
    const page = await browse(await linkOf({ returnUrl }, key));
    expect(page.status).toBe(200);
    expect(page.text).toContain('Dunes &#38; &#60;b&#62;Sons&#60;/b&#62;');
    expect(page.text).toContain('<strong>app.example.com</strong>');
    expect(page.headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'; form-action 'self'/);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('set-cookie') ?? 'kept').toMatch(/HttpOnly; SameSite=Lax|^kept$/);
  });

  test('it names the account that is connected again', async () => {
    const id = await connectGardener();
    expect((await browse(await linkOf({ accountId: id }))).text).toContain('<strong>gardener</strong> again');
  });

  test('opening it twice or clicking twice is allowed, and the last click counts', async () => {
    const url = await linkOf();
    const first = await click(url);
    const second = await click(url);
    expect((await callBack(await decide(first))).status).toBe(400);
    expect((await callBack(await decide(second))).status).toBe(200);
  });

  test('a click without the cookie, or from another site, shows the page instead of leading to Pinterest', async () => {
    const url = await linkOf();
    changeBrowser();
    expect(await browse(url, { method: 'POST' })).toMatchObject({ status: 200, location: null });
    await browse(url);
    for (const site of ['cross-site', 'same-site', 'none']) {
      const answer = await browse(url, { method: 'POST', headers: { 'sec-fetch-site': site } });
      expect(answer).toMatchObject({ status: 200, location: null });
    }
    const own = await browse(url, { method: 'POST', headers: { 'sec-fetch-site': 'same-origin' } });
    expect(own.status).toBe(303);
  });
});

describe('a link is bound to the browser that clicked', () => {
  test('a consent in another browser connects nothing, and the first browser can still finish', async () => {
    const before = (await list()).length;
    const query = await consent(await linkOf({ returnUrl }), { username: 'somebody_else' });
    changeBrowser();
    const victim = await callBack(query);
    expect([victim.status, victim.location]).toEqual([400, null]);
    expect(victim.text).not.toContain('app.example.com');
    await browse(await linkOf());
    expect((await callBack(query)).status).toBe(400);
    expect(await list()).toHaveLength(before);
  });
});

describe('the lifetime of a link', () => {
  test('it lives as long as the caller asks, ten minutes by default', async () => {
    const now = app.clock.now().getTime() / 1000;
    expect((await start()).body.data.expiresAt).toBe(now + 600);
    expect((await start({ expiresIn: 604_800 })).body.data.expiresAt).toBe(now + 604_800);
    const url = await linkOf({ expiresIn: 604_800 });
    app.clock.advance(604_799_000);
    expect((await browse(url)).status).toBe(200);
    app.clock.advance(1_000);
    expect(await refused(url)).toContain('has expired');
  });

  test('a click in the last second leaves ten minutes for Pinterest', async () => {
    const url = await linkOf({ expiresIn: 60 });
    app.clock.advance(59_000);
    const query = await consent(url);
    app.clock.advance(599_000);
    expect((await callBack(query)).status).toBe(200);
  });

  test.each([[59], [604_801], [0.5], ['600']])('a lifetime of %s is refused', async (expiresIn) => {
    const answer = await start({ expiresIn });
    expect([answer.status, answer.body.error.details[0].path]).toEqual([400, 'expiresIn']);
  });

  test('a link works once', async () => {
    const url = await linkOf();
    expect((await callBack(await consent(url))).status).toBe(200);
    expect(await refused(url)).toContain('already used');
    expect((await browse(url, { method: 'POST' })).status).toBe(400);
  });

  test('an organization has at most 1,000 open links; used and expired ones do not count', async () => {
    const { key, organizationId } = await app.makeKey({ organization: 'Busy' });
    const insert = (count: number, columns: string) =>
      app.database.pool.query(
        `insert into connect_links (link_hash, organization_id, environment, actor, expires_at, finished_at)
         select sha256((n || $2)::bytea), $1, 'simulator', '{}', ${columns} from generate_series(1, ${count}) n`,
        [organizationId, columns],
      );
    const now = `'${app.clock.now().toISOString()}'::timestamptz`;
    await insert(999, `${now} + interval '1 hour', null`);
    await insert(5, `${now}, null`);
    await insert(5, `${now} + interval '1 hour', ${now}`);
    expect((await app.call('POST', '/v1/accounts/connect', {}, key)).status).toBe(200);
    const refusal = await app.call('POST', '/v1/accounts/connect', {}, key);
    expect([refusal.status, refusal.body.error.reason]).toEqual([409, 'too_many_connect_links']);
    expect((await start()).status).toBe(200);
  });

  test('an unknown link is refused', async () => {
    await refused(`http://pintail.test/connect/${'x'.repeat(43)}`);
    await refused('http://pintail.test/connect/%00');
  });
});

describe('a link is bound to the key that created it', () => {
  test('when the key is revoked, the link stops working at every step, with a way back', async () => {
    const { id, key } = await app.makeKey({ name: 'Member' });
    const [unopened, clicked, atPinterest] = [
      await linkOf({ returnUrl, state: 's1' }, key),
      await linkOf({ returnUrl }, key),
      await consent(await linkOf({ returnUrl, state: 's2' }, key)),
    ];
    await browse(clicked);
    await app.call('DELETE', `/v1/api-keys/${id}`);
    const page = await refused(unopened);
    expect(page).toContain(
      'href="https://app.example.com/done?tab=1&#38;error=connection_expired&#38;state=s1"',
    );
    expect((await browse(clicked, { method: 'POST' })).status).toBe(400);
    const before = await list();
    const answer = await callBack(atPinterest);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('error=connection_expired&#38;state=s2');
    expect(await list()).toEqual(before);
  });

  test('a link ends with its key, and with the rights of its key', async () => {
    const expiresAt = new Date(app.clock.now().getTime() + 3_600_000);
    const short = await app.makeKey({ expiresAt });
    const url = await linkOf({ expiresIn: 86_400 }, short.key);
    expect((await browse(url)).status).toBe(200);
    app.clock.advance(3_600_000);
    await refused(url);
    const changing = await app.makeKey({ scopes: ['accounts:write'] });
    const other = await linkOf({}, changing.key);
    for (const change of ["scopes = '{posts:read}'", "scopes = null, account_ids = '{acc_x}'"]) {
      expect((await browse(other)).status).toBe(200);
      await app.database.pool.query(`update api_keys set ${change} where id = $1`, [changing.id]);
      await refused(other);
      await app.database.pool.query('update api_keys set scopes = null, account_ids = null where id = $1', [
        changing.id,
      ]);
    }
  });

  test('a restricted key can only connect its own accounts again', async () => {
    const id = await connectGardener();
    const { key } = await app.makeKey({ accountIds: [id] });
    expect((await app.call('POST', '/v1/accounts/connect', {}, key)).status).toBe(403);
    expect((await callBack(await consent(await linkOf({ accountId: id }, key)))).status).toBe(200);
    expect((await app.call('POST', '/v1/accounts/connect', { accountId: 'acc_x' }, key)).status).toBe(404);
  });
});

describe('the way back', () => {
  test('on success the browser returns with the account and the state, which is also in the event', async () => {
    const state = 'user 42 & "more" é';
    const answer = await callBack(await consent(await linkOf({ returnUrl, state })));
    expect(answer.status).toBe(303);
    const { accountId = '', ...rest } = parametersOf(answer.location);
    expect(answer.location).toMatch(/^https:\/\/app\.example\.com\/done\?/);
    expect(rest).toEqual({ tab: '1', state });
    const events = (await app.call('GET', `/v1/events?accountId=${accountId}&limit=100`)).body.data.events;
    expect(events.at(-1)).toMatchObject({ type: 'account.connected', data: { username: 'gardener', state } });
  });

  test('on failure a page says why and links back with the reason and the state', async () => {
    const declined = await consent(await linkOf({ returnUrl, state: 'a' }), { decision: 'decline' });
    const page = await callBack(declined);
    expect([page.status, page.location]).toEqual([400, null]);
    expect(page.text).toContain('tab=1&#38;error=connection_declined&#38;state=a');
    expect(page.text).toContain('Back to app.example.com');
    expect(page.text).not.toMatch(/POST|\/v1\//);
    // A repeated callback has the way back too.
    expect((await callBack(declined)).text).toContain('error=connection_expired&#38;state=a');
  });

  test('parameters of the outcome in the return URL are replaced', async () => {
    const forged = 'https://app.example.com/?accountId=acc_forged&state=forged&error=none';
    const { location } = await callBack(await consent(await linkOf({ returnUrl: forged })));
    expect(Object.keys(parametersOf(location))).toEqual(['accountId']);
    expect(location).not.toContain('forged');
  });

  test.each([
    'http://app.example.com/',
    'javascript:alert(1)',
    'data:text/html,x',
    '//app.example.com/',
    '/done',
    'https://user:pass@app.example.com/',
    'https://app.example.com/#x',
    'http://localhost.example.com/',
    'http://127.0.0.1.example.com/',
    `https://app.example.com/${'x'.repeat(2048)}`,
  ])('the return URL %s is refused', async (bad) => {
    const answer = await start({ returnUrl: bad });
    expect([answer.status, answer.body.error.details[0].path]).toEqual([400, 'returnUrl']);
  });

  test.each(['http://localhost:3000/x', 'http://127.0.0.1/', 'http://[::1]:8080/'])(
    'the return URL %s of this machine is allowed',
    async (local) => expect((await start({ returnUrl: local })).status).toBe(200),
  );

  test('a state of more than 500 characters is refused', async () => {
    expect((await start({ state: 'é'.repeat(500) })).status).toBe(200);
    const answer = await start({ state: 'x'.repeat(501) });
    expect([answer.status, answer.body.error.details[0].path]).toEqual([400, 'state']);
  });
});

test('nothing in this file was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

// The control interface: seeding, the ledger, the clock (docs/pinterest.md#simulated-behavior, no. 30).
import { describe, expect, test } from 'vitest';
import { base64Source, openTest, seedDemo } from './harness.ts';

describe('seeding', () => {
  test('seeding assigns ids, accepts ids, and adds only missing rows the second time', async () => {
    const sim = await openTest();
    const board = { name: 'Recipes', id: '811111111111111111', sections: [{ name: 'Dinner' }] };
    const first = await seedDemo(sim, { id: '822222222222222222', boards: [board] });
    expect(first).toMatchObject({ accountId: '822222222222222222', boardId: '811111111111111111' });
    const again = await seedDemo(sim, { boards: [{ name: 'Recipes', sections: [{ name: 'Dinner' }] }] });
    expect(again).toEqual(first);
    await seedDemo(sim, { boards: [{ name: 'Garden' }] });
    const state = await sim.control('GET', '/state');
    expect(state.counts).toMatchObject({ accounts: 1, boards: 2 });
    expect(state.accounts[0].tokens).toHaveLength(1);
  });

  test('seeding generates a working token when the seed has none', async () => {
    const sim = await openTest();
    const { accounts } = await sim.control('POST', '/seed', { accounts: [{ username: 'u', tokens: [{}] }] });
    const token = accounts[0].tokens[0].accessToken;
    expect(token).toMatch(/^pina_/);
    expect((await sim.api('GET', '/user_account', { token })).body.username).toBe('u');
  });

  test.each([
    ['a wrong shape', { accounts: [{ name: 'u' }] }],
    ['an id that is a number', { accounts: [{ username: 'u', id: 5 }] }],
    ['a prototype', JSON.parse('{"__proto__":{"accounts":[]}}')],
    ['a list', []],
  ])('refuses %s with 400 and makes nothing', async (_name, body) => {
    const sim = await openTest();
    await expect(sim.control('POST', '/seed', body)).rejects.toThrow(/ 400 /);
    expect((await sim.control('GET', '/state')).accounts).toEqual([]);
  });

  test('seeding refuses an id that another account has', async () => {
    const sim = await openTest();
    const { accountId } = await seedDemo(sim);
    await expect(
      sim.control('POST', '/seed', { accounts: [{ username: 'b', id: accountId }] }),
    ).rejects.toThrow(/ 409 /);
  });
});

describe('the ledger', () => {
  test('the ledger has every request with its operation, account and status, without tokens and images', async () => {
    const sim = await openTest();
    const { boardId, accountId } = await seedDemo(sim);
    const media_source = await base64Source();
    await sim.api('POST', '/pins', {
      body: { board_id: boardId, description: 'T'.repeat(700), media_source },
    });
    await sim.api('POST', '/pins', { body: '{broken', headers: { 'content-type': 'application/json' } });
    await sim.api('GET', '/boards?page_size=3', { token: 'pina_wrong' });
    const entries = await sim.requests();
    expect(entries).toMatchObject([
      {
        requestNumber: 1,
        operation: 'pins/create',
        method: 'POST',
        path: '/v5/pins',
        status: 201,
        accountId,
      },
      { operation: 'pins/create', status: 400 },
      { operation: 'boards/list', status: 401, accountId: null, query: { page_size: '3' } },
    ]);
    expect(entries[0].durationMs).toBeGreaterThan(0);
    const text = JSON.stringify(entries);
    expect(text).not.toContain('pina_');
    expect(text).not.toContain(String(media_source.data).slice(0, 40));
    expect(text).not.toContain('T'.repeat(400));
    expect((await sim.pins())[0].requestNumber).toBe(1);
    expect((await sim.control('GET', '/requests?after=2')).requests).toHaveLength(1);
  });
});

describe('the clock', () => {
  test('the clock can be advanced and set, and dates the Pins', async () => {
    const sim = await openTest({ now: () => new Date('2026-05-01T00:00:00Z') });
    const { boardId } = await seedDemo(sim);
    await sim.advance(60);
    expect((await sim.control('GET', '/clock')).now).toBe('2026-05-01T00:01:00.000Z');
    await sim.control('POST', '/clock', { now: '2027-01-02T03:04:05Z' });
    const { body } = await sim.api('POST', '/pins', {
      body: { board_id: boardId, media_source: await base64Source() },
      token: 'pina_demo',
    });
    // The token was valid for 30 days.
    expect(body.code).toBe(2);
    await seedDemo(sim, { tokens: [{ accessToken: 'pina_later' }] });
    const made = await sim.api('POST', '/pins', {
      body: { board_id: boardId, media_source: await base64Source() },
      token: 'pina_later',
    });
    expect(made.body.created_at).toBe('2027-01-02T03:04:05');
  });

  test.each([{ now: 'soon' }, { advanceSeconds: 'x' }, { advanceSeconds: 1e300 }, {}])(
    'refuses %j',
    async (body) => {
      const sim = await openTest();
      await expect(sim.control('POST', '/clock', body)).rejects.toThrow(/ 400 /);
    },
  );

  test('clockSkewSeconds changes created_at', async () => {
    const sim = await openTest({ now: () => new Date('2026-05-01T00:10:00Z') });
    const { boardId } = await seedDemo(sim);
    await sim.settings({ clockSkewSeconds: -300 });
    const body = { board_id: boardId, media_source: await base64Source() };
    expect((await sim.api('POST', '/pins', { body })).body.created_at).toBe('2026-05-01T00:05:00');
    expect((await sim.pins())[0].createdAt).toBe('2026-05-01T00:10:00.000Z');
  });
});

describe('the settings', () => {
  test('the default settings can be sent back unchanged', async () => {
    const sim = await openTest();
    const settings = await sim.control('GET', '/settings');
    expect(await sim.settings(settings)).toEqual(settings);
  });

  test.each([{ isStandard: 'maybe' }, { unknown: 1 }, { listing: { delaySeconds: -1 } }, { listing: null }])(
    'refuse %j',
    async (change) => {
      const sim = await openTest();
      await expect(sim.settings(change)).rejects.toThrow(/ 400 /);
    },
  );

  test.each([
    ['honoured', 201, false],
    ['ignored', 201, true],
    ['refused', 400, undefined],
  ])('is_standard: false may be %s', async (isStandard, status, shown) => {
    const sim = await openTest();
    const { boardId } = await seedDemo(sim);
    await sim.settings({ isStandard });
    const media_source = { ...(await base64Source()), is_standard: false };
    const answer = await sim.api('POST', '/pins', { body: { board_id: boardId, media_source } });
    expect([answer.status, answer.body.is_standard]).toEqual([status, shown]);
  });

  test('the text setting trims, collapses whitespace and unescapes', async () => {
    const sim = await openTest();
    const { boardId } = await seedDemo(sim);
    const body = { board_id: boardId, title: '  Salt &amp;\n pepper ', media_source: await base64Source() };
    expect((await sim.api('POST', '/pins', { body })).body.title).toBe(body.title);
    await sim.settings({ text: 'normalised' });
    expect((await sim.api('POST', '/pins', { body })).body.title).toBe('Salt & pepper');
  });
});

test('a spam block stops one account for a time, with the word spam, and expires', async () => {
  const sim = await openTest();
  const { boardId, accountId } = await seedDemo(sim);
  const body = { board_id: boardId, media_source: await base64Source() };
  for (const status of [429, 403, 400]) {
    await sim.control('POST', '/spam-blocks', { accountId, seconds: 600, status });
    const refused = await sim.api('POST', '/pins', { body });
    expect([refused.status, refused.body.code]).toEqual([status, 9]);
    expect(refused.body.message).toContain('spam');
  }
  expect((await sim.api('GET', '/boards')).status).toBe(200);
  await sim.advance(601);
  expect((await sim.api('POST', '/pins', { body })).status).toBe(201);
});

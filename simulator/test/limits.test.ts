// Rate limits by user and app, by category, and by day for Trial (docs/pinterest.md#simulated-behavior, no. 22).
import { describe, expect, test } from 'vitest';
import { base64Source, openTest, seedDemo, type Test } from './harness.ts';

const now = () => new Date('2026-02-02T10:00:00Z');
const boards = (sim: Test, token = 'pina_demo') => sim.api('GET', '/boards', { token });

describe('standard access', () => {
  test('each response has the remaining calls; the call above the limit is 429 code 8 with the seconds to wait', async () => {
    const sim = await openTest({ now });
    await seedDemo(sim);
    await sim.settings({ limits: { readsPerMinute: 2 } });
    const first = await boards(sim);
    expect(first.headers.get('x-ratelimit-limit')).toBe('2');
    expect(first.headers.get('x-ratelimit-remaining')).toBe('1');
    await sim.advance(20);
    expect((await boards(sim)).headers.get('x-ratelimit-reset')).toBe('40');
    const refused = await boards(sim);
    expect([refused.status, refused.body.code]).toEqual([429, 8]);
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
    expect(refused.headers.get('x-ratelimit-reset')).toBe('40');
    expect(refused.headers.get('retry-after')).toBeNull();
    await sim.advance(40);
    expect((await boards(sim)).status).toBe(200);
  });

  test('reads do not use up writes, and one account does not use up another’s', async () => {
    const sim = await openTest({ now });
    const { boardId } = await seedDemo(sim);
    await seedDemo(sim, { username: 'other', tokens: [{ accessToken: 'pina_other' }] });
    await sim.settings({ limits: { readsPerMinute: 1, writesPerMinute: 1 } });
    expect((await boards(sim)).status).toBe(200);
    expect((await boards(sim)).status).toBe(429);
    const body = { board_id: boardId, media_source: await base64Source() };
    expect((await sim.api('POST', '/pins', { body })).status).toBe(201);
    expect((await sim.api('POST', '/pins', { body })).status).toBe(429);
    expect((await boards(sim, 'pina_other')).status).toBe(200);
    expect(await sim.pins()).toHaveLength(1);
  });

  test('a limit per second applies too', async () => {
    const sim = await openTest({ now });
    await seedDemo(sim);
    await sim.settings({ limits: { perSecond: 3 } });
    for (let call = 0; call < 3; call += 1) expect((await boards(sim)).status).toBe(200);
    expect((await boards(sim)).headers.get('x-ratelimit-reset')).toBe('1');
    await sim.advance(1);
    expect((await boards(sim)).status).toBe(200);
  });
});

test('trial access has one daily quota for the whole app, with hours to wait', async () => {
  const sim = await openTest({ now });
  await sim.control('POST', '/seed', { apps: [{ clientId: 'trial', clientSecret: 's', level: 'trial' }] });
  await seedDemo(sim, { tokens: [{ accessToken: 'pina_demo', app: 'trial' }] });
  await seedDemo(sim, { username: 'other', tokens: [{ accessToken: 'pina_other', app: 'trial' }] });
  await sim.settings({ limits: { trialCallsPerDay: 2 } });
  await boards(sim);
  await sim.advance(3_600);
  await boards(sim, 'pina_other');
  const refused = await boards(sim);
  expect(refused.status).toBe(429);
  expect(refused.headers.get('x-ratelimit-reset')).toBe(String(23 * 3_600));
  expect(refused.headers.get('x-envoy-ratelimited')).toBe('true');
});

describe('formats of the headers', () => {
  test.each([
    ['plain', 'none', '2', null],
    ['list', 'none', '2, 2;w=60', null],
    ['none', 'none', null, null],
    ['plain', 'seconds', '2', '60'],
    ['plain', 'date', '2', 'Mon, 02 Feb 2026 10:01:00 GMT'],
  ])('%s, Retry-After %s', async (headers, retryAfter, limit, expected) => {
    const sim = await openTest({ now });
    await seedDemo(sim);
    await sim.settings({ limits: { readsPerMinute: 2, headers, retryAfter } });
    await boards(sim);
    await boards(sim);
    const refused = await boards(sim);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('x-ratelimit-limit')).toBe(limit);
    expect(refused.headers.get('retry-after')).toBe(expected);
  });

  test('limits can be disabled', async () => {
    const sim = await openTest({ now });
    await seedDemo(sim);
    await sim.settings({ limits: { enabled: false, readsPerMinute: 0 } });
    expect((await boards(sim)).status).toBe(200);
  });
});

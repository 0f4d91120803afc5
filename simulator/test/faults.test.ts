// Faults before and after the effect (docs/pinterest.md#simulated-behavior, nos. 24, 25, 26, 28).
import { describe, expect, test } from 'vitest';
import { startSimulator } from '../src/index.ts';
import { base64Source, openTest, seedDemo, speakTo, type Test } from './harness.ts';

async function ready() {
  const sim = await openTest();
  const demo = await seedDemo(sim);
  const body = { board_id: demo.boardId, title: 'Pin', media_source: await base64Source() };
  const create = (options: object = {}) =>
    sim.api('POST', '/pins', { body, isOffContract: true, ...options });
  return { sim, ...demo, body, create };
}

const madeBy = async (sim: Test) => (await sim.pins()).length;

describe.each([
  ['before', 0],
  ['after', 1],
] as const)('%s the effect', (when, pins) => {
  test.each([500, 502, 503, 504])(
    'the response has status %i, and the expected number of Pins exists',
    async (status) => {
      const { sim, create } = await ready();
      await sim.faults({ operation: 'pins/create', kind: 'status', when, status });
      const answer = await create();
      expect([answer.status, answer.body.code]).toEqual([status, status]);
      expect(await madeBy(sim)).toBe(pins);
      expect((await create()).status).toBe(201);
    },
  );

  test('code 2787 has the requested status and message', async () => {
    const { sim, create } = await ready();
    const message = 'Sorry! Something went wrong on our end.';
    await sim.faults({ operation: 'pins/create', kind: 'status', when, status: 400, code: 2787, message });
    expect(await create()).toMatchObject({ status: 400, body: { code: 2787, message } });
    expect(await madeBy(sim)).toBe(pins);
  });

  test('the body of a gateway error can be HTML or empty', async () => {
    const { sim, create } = await ready();
    await sim.faults(
      { operation: 'pins/create', kind: 'status', when, status: 502, body: 'html' },
      { operation: 'pins/create', kind: 'status', when, status: 503, body: 'empty', nth: 2 },
    );
    const page = await create();
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.body).toMatch(/^<html>/);
    expect(await create()).toMatchObject({ status: 503, body: null });
    expect(await madeBy(sim)).toBe(pins * 2);
  });

  test('the connection is reset', async () => {
    const { sim, create } = await ready();
    await sim.faults({ operation: 'pins/create', kind: 'reset', when });
    await expect(create()).rejects.toThrow();
    expect(await madeBy(sim)).toBe(pins);
    const [entry] = await sim.requests('pins/create');
    expect(entry).toMatchObject({ status: null, answer: 'none', faults: [`reset ${when}`] });
  });

  test('the response is truncated', async () => {
    const { sim, create } = await ready();
    await sim.faults({ operation: 'pins/create', kind: 'truncate', when });
    await expect(create()).rejects.toThrow();
    expect(await madeBy(sim)).toBe(pins);
    const [entry] = await sim.requests('pins/create');
    expect(entry.answer).toBe('truncated');
  });

  test('the response arrives after the client timed out, and the ledger records it', async () => {
    const { sim, body } = await ready();
    await sim.faults({ operation: 'pins/create', kind: 'delay', when, delayMs: 300_000 });
    const impatient = new AbortController();
    const sent = fetch(`${sim.simulator.apiUrl}/pins`, {
      method: 'POST',
      headers: { authorization: 'Bearer pina_demo', 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: impatient.signal,
    });
    const ended = expect(sent).rejects.toThrow();
    // Polls until the request has arrived and its effect, if any, has happened.
    for (let entries = []; entries[0]?.faults.length !== 1; ) entries = await sim.requests('pins/create');
    impatient.abort();
    await ended;
    expect(await madeBy(sim)).toBe(pins);
  });
});

test('a call delayed before its effect creates the Pin although the client disconnected', async () => {
  const { sim, body } = await ready();
  await sim.faults({ operation: 'pins/create', kind: 'delay', delayMs: 1_000 });
  const impatient = new AbortController();
  const ended = expect(
    fetch(`${sim.simulator.apiUrl}/pins`, {
      method: 'POST',
      headers: { authorization: 'Bearer pina_demo', 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: impatient.signal,
    }),
  ).rejects.toThrow();
  for (let entries = []; entries[0]?.faults.length !== 1; ) entries = await sim.requests('pins/create');
  impatient.abort();
  await ended;
  for (let pins = 0; pins === 0; ) pins = await madeBy(sim);
  expect(await madeBy(sim)).toBe(1);
});

test('a host that refuses connections refuses all of them until the delay ends', async () => {
  const { sim, create } = await ready();
  await sim.faults({ operation: 'pins/create', kind: 'refuse', delayMs: 1_500 });
  await expect(create()).rejects.toThrow();
  await expect(sim.api('GET', '/boards')).rejects.toThrow();
  const isBack = () =>
    sim.api('GET', '/boards').then(
      () => true,
      () => false,
    );
  for (let back = false; !back; ) back = await isBack();
  expect(await madeBy(sim)).toBe(0);
});

test('a simulator that refuses connections or delays a response closes at once', async () => {
  const simulator = await startSimulator();
  const sim = speakTo(simulator);
  const { boardId } = await seedDemo(sim);
  await sim.faults(
    { operation: 'pins/create', kind: 'delay', delayMs: 600_000 },
    { operation: 'boards/list', kind: 'refuse', delayMs: 600_000 },
  );
  const body = { board_id: boardId, media_source: await base64Source() };
  const waiting = expect(sim.api('POST', '/pins', { body })).rejects.toThrow();
  for (let entries = []; entries[0]?.faults.length !== 1; ) entries = await sim.requests('pins/create');
  await expect(sim.api('GET', '/boards')).rejects.toThrow();
  await simulator.close();
  await waiting;
});

describe('a fault applies', () => {
  test('a fault applies from the nth call, the given number of times, to its operation only', async () => {
    const { sim, create } = await ready();
    await sim.faults({ operation: 'pins/create', kind: 'status', status: 503, nth: 2, times: 2 });
    expect((await sim.api('GET', '/boards')).status).toBe(200);
    const statuses = [];
    for (let call = 0; call < 4; call += 1) statuses.push((await create()).status);
    expect(statuses).toEqual([201, 503, 503, 201]);
  });

  test('a fault with a probability applies to the same calls for the same seed', async () => {
    const run = async (seed: number) => {
      const { sim } = await ready();
      await sim.faults({ operation: 'boards/list', kind: 'status', status: 500, probability: 0.5, seed });
      const statuses = [];
      for (let call = 0; call < 30; call += 1) {
        statuses.push((await sim.api('GET', '/boards', { isOffContract: true })).status);
      }
      return statuses.join(' ');
    };
    const [first, again, other] = [await run(7), await run(7), await run(8)];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    expect(first).toMatch(/200.*500|500.*200/);
  });

  test('a fault with an accountId applies to that account only', async () => {
    const { sim, accountId } = await ready();
    await seedDemo(sim, { username: 'other', tokens: [{ accessToken: 'pina_other' }] });
    await sim.faults({ operation: '*', kind: 'status', status: 503, accountId, times: 0 });
    expect((await sim.api('GET', '/boards', { isOffContract: true })).status).toBe(503);
    expect((await sim.api('GET', '/boards', { token: 'pina_other' })).status).toBe(200);
    await sim.control('DELETE', '/faults');
    expect((await sim.api('GET', '/boards')).status).toBe(200);
  });

  test('a fault after the effect applies only to calls that had one', async () => {
    const { sim, create } = await ready();
    await sim.faults({ operation: 'pins/create', kind: 'status', when: 'after', status: 500 });
    expect((await create({ body: {} })).status).toBe(400);
    expect((await create()).status).toBe(500);
  });

  test('a fault on an unknown operation is refused', async () => {
    const { sim } = await ready();
    await expect(sim.faults({ operation: 'pins/craete', kind: 'reset' })).rejects.toThrow(
      /Unknown operation/,
    );
  });
});

describe('altered responses', () => {
  test('a response can have status 200, missing fields, unknown fields and unknown values', async () => {
    const { sim, create } = await ready();
    await sim.faults({
      operation: 'pins/create',
      kind: 'alter',
      when: 'after',
      status: 200,
      omit: ['media', 'created_at'],
      addUnknown: true,
    });
    const { status, body } = await create();
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('media');
    expect(body).not.toHaveProperty('created_at');
    expect(body).toMatchObject({ creative_type: 'HOLOGRAM', field_of_the_future: {} });

    await sim.settings({ answers: { omitOptional: true }, createStatus: 200 });
    const bare = await create();
    expect([bare.status, Object.keys(bare.body)]).toEqual([200, ['id']]);
  });
});

describe('an event changes the account between two calls', () => {
  test.each([
    ['revokeTokens', 401, 2],
    ['suspendAccount', 403, 29],
    ['deleteAccount', 401, 2],
    ['deleteBoard', 404, 40],
  ])('%s', async (event, status, code) => {
    const { sim, create } = await ready();
    await sim.faults({ operation: 'boards/list', kind: 'event', when: 'after', event });
    expect((await sim.api('GET', '/boards')).status).toBe(200);
    const answer = await create();
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(await madeBy(sim)).toBe(0);
  });
});

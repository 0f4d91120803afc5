// The simulator refuses hostile input and stays up.
import { describe, expect, test } from 'vitest';
import { openTest, seedDemo } from './harness.ts';

const bodies: [string, string | Uint8Array][] = [
  ['nothing', ''],
  ['no JSON', 'hello'],
  ['broken JSON', '{"board_id": '],
  ['a text', '"text"'],
  ['a number', '1e999'],
  ['a prototype', '{"__proto__":{"board_id":"1"},"media_source":{"__proto__":{"source_type":"image_url"}}}'],
  ['a prototype in disguise', '{"\\u005f_proto__":{"a":1}}'],
  ['a constructor', '{"constructor":{"prototype":{"a":1}}}'],
  ['deep nesting', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  [
    'a huge number',
    '{"board_id":1e308,"media_source":{"source_type":"video_id","media_id":99999999999999999999}}',
  ],
  ['wrong types', '{"board_id":[],"title":{},"media_source":"x"}'],
  ['a long key', `{"${'k'.repeat(200_000)}":1}`],
  ['bytes that are not text', new Uint8Array([0xff, 0xfe, 0x00, 0x80])],
];

test.each(bodies)('%s as a body is refused', async (_name, body) => {
  const sim = await openTest();
  await seedDemo(sim);
  for (const path of ['/pins', '/boards', '/media']) {
    const { status } = await sim.api('POST', path, { body, headers: { 'content-type': 'application/json' } });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  }
  expect((await sim.api('GET', '/boards')).status).toBe(200);
});

test.each(['__proto__', '\\u005f_proto__'])(
  '%s as a field is named and refused, however it is written',
  async (name) => {
    const sim = await openTest();
    const { boardId } = await seedDemo(sim);
    const body = `{"board_id":"${boardId}","media_source":{"source_type":"pin_url"},"link":"https://example.com/","${name}":{}}`;
    const refused = await sim.api('POST', '/pins', { body, headers: { 'content-type': 'application/json' } });
    expect([refused.status, refused.body.message]).toEqual([
      400,
      expect.stringContaining('__proto__ is not a field'),
    ]);
  },
);

test('a body of another media type is 415', async () => {
  const sim = await openTest();
  await seedDemo(sim);
  const { status } = await sim.api('POST', '/pins', {
    body: 'a=b',
    headers: { 'content-type': 'text/plain' },
  });
  expect(status).toBe(415);
});

describe('unusual paths', () => {
  test.each([
    '/v5/boards/..%2f..%2fetc%2fpasswd',
    '/v5/boards/%00',
    '/v5/pins/%ff',
    '/v5/pins/99999999999999999999999999999999999999999999999999999999999999999999999999',
    '/v5/boards/__proto__',
    '/v5/boards/constructor/pins',
    '/v5/boards?bookmark=%00',
    `/v5/boards?bookmark=${'A'.repeat(5_000)}`,
    '/v5/boards?__proto__=1',
    '/v5/boards?page_size[]=1',
    `/v5/${'a/'.repeat(2_000)}`,
    '/_control/nothing',
    '/_control/requests?after=x',
    '/boards/__proto__',
    '/pin/constructor/',
  ])('%s', async (path) => {
    const sim = await openTest();
    await seedDemo(sim);
    const { status, headers } = await fetch(sim.simulator.url + path, {
      headers: { authorization: 'Bearer pina_demo' },
    });
    expect(status).toBeLessThan(500);
    if (path.startsWith('/v5')) expect(headers.get('x-pinterest-rid')).toMatch(/^\d{16}$/);
    expect((await sim.api('GET', '/boards')).status).toBe(200);
  });
});

test('a method that does not exist is 404 in Pinterest’s form, and in the ledger', async () => {
  const sim = await openTest();
  const response = await fetch(`${sim.simulator.apiUrl}/pins`, { method: 'PUT' });
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ code: 404, message: expect.any(String) });
  expect(await sim.requests()).toMatchObject([
    { method: 'PUT', path: '/v5/pins', operation: null, status: 404 },
  ]);
});

// Reading lists and single things: every page, no endless walk, and failures as values.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createPinterest, type Pinterest } from '../index.ts';
import {
  captureLog,
  createTestClock,
  type RawAnswer,
  type RawServer,
  respond,
  startRawServer,
} from '../test-server.fixture.ts';

const clock = createTestClock();
let server: RawServer | undefined;
let pinterest: Pinterest | undefined;

afterEach(async () => {
  vi.unstubAllEnvs();
  await pinterest?.close();
  await server?.close();
  expect(clock.timers()).toBe(0);
});

async function setUp(answer: RawAnswer) {
  server = await startRawServer(answer);
  pinterest = createPinterest({ apiUrl: server.apiUrl, clock, log: captureLog().log });
  return { server, pinterest };
}

/** Answers with the page that belongs to the request's bookmark; '' stands for the first. */
function pages(byBookmark: Record<string, { items: unknown; bookmark?: unknown }>): RawAnswer {
  return (socket, request) => {
    const bookmark = new URL(request.path, 'http://x').searchParams.get('bookmark') ?? '';
    respond(200, byBookmark[bookmark] ?? { items: [] })(socket, request);
  };
}

describe('lists', () => {
  test('every page is read, in the largest size, with the bookmark encoded', async () => {
    const odd = 'a b&c=ü/+%==';
    const { pinterest, server } = await setUp(
      pages({
        '': { items: [{ id: '1', name: 'One' }], bookmark: odd },
        [odd]: { items: [{ id: '2', name: 'Two', owner: { username: 'friend' } }], bookmark: null },
      }),
    );
    const answer = await pinterest.listBoards('pina_token');
    expect(answer.kind === 'ok' && answer.value).toMatchObject([
      { id: '1', ownerUsername: null, isAdsOnly: false, pinCount: null },
      { id: '2', ownerUsername: 'friend', privacy: 'PUBLIC' },
    ]);
    expect(server.requests.map((request) => request.path.split('&')[0])).toEqual([
      '/v5/boards?page_size=250',
      '/v5/boards?page_size=250',
    ]);
  });

  test('an empty page with a bookmark is not the end', async () => {
    const { pinterest } = await setUp(
      pages({ '': { items: [], bookmark: 'b' }, b: { items: [{ id: '7', name: 'Late' }] } }),
    );
    const answer = await pinterest.listBoardSections('pina_token', '1');
    expect(answer.kind === 'ok' && answer.value).toEqual([{ id: '7', name: 'Late' }]);
  });

  test('a bookmark that repeats ends the walk, which then counts as incomplete', async () => {
    const { pinterest, server } = await setUp(
      pages({ '': { items: [{ id: '1' }], bookmark: 'b' }, b: { items: [{ id: '2' }], bookmark: 'b' } }),
    );
    const answer = await pinterest.listBoardPins('pina_token', '1', { pagesMax: 50 });
    expect(answer.kind === 'ok' && answer.value).toMatchObject({
      pins: [{ id: '1' }, { id: '2' }],
      complete: false,
    });
    expect(server.requests.length).toBe(2);
  });

  test('a cap on pages leaves the list incomplete; the last page makes it complete', async () => {
    const list = pages({
      '': { items: [{ id: '1' }], bookmark: 'b' },
      b: { items: [{ id: '2' }], bookmark: '' },
    });
    const { pinterest } = await setUp(list);
    const capped = await pinterest.listBoardPins('pina_token', '1', { pagesMax: 1 });
    expect(capped.kind === 'ok' && capped.value).toMatchObject({ pins: [{ id: '1' }], complete: false });
    const whole = await pinterest.listBoardPins('pina_token', '1', { pagesMax: 2 });
    expect(whole.kind === 'ok' && whole.value).toMatchObject({ complete: true });
  });

  test('a Pin that moved to the next page meanwhile is listed once', async () => {
    const { pinterest } = await setUp(
      pages({
        '': { items: [{ id: '1' }, { id: '2' }], bookmark: 'b' },
        b: { items: [{ id: '2' }, { id: '3' }] },
      }),
    );
    const answer = await pinterest.listBoardPins('pina_token', '1', {});
    expect(answer.kind === 'ok' && answer.value.pins.map((pin) => pin.id)).toEqual(['1', '2', '3']);
  });

  test('an item that cannot be read is left out, and a list of Pins is then not complete', async () => {
    const { pinterest } = await setUp(pages({ '': { items: [{ id: '1' }, null, { title: 'no id' }] } }));
    const answer = await pinterest.listBoardPins('pina_token', '1', {});
    expect(answer.kind === 'ok' && answer.value).toMatchObject({ pins: [{ id: '1' }], complete: false });
  });

  test('a page that fails makes the list fail', async () => {
    const first = pages({ '': { items: [{ id: '1' }], bookmark: 'b' } });
    const { pinterest } = await setUp((socket, request) => {
      if (request.path.includes('bookmark')) respond(500, 'oops')(socket, request);
      else first(socket, request);
    });
    const answer = await pinterest.listBoardPins('pina_token', '1', {});
    expect(answer).toMatchObject({
      kind: 'failed',
      failure: { reason: 'pinterest_unavailable', retryable: true },
    });
  });

  test('a list without items is unreadable, not empty', async () => {
    const { pinterest } = await setUp(pages({ '': { items: 'none' } }));
    const answer = await pinterest.listBoards('pina_token');
    expect(answer).toMatchObject({ kind: 'failed', failure: { reason: 'answer_unreadable' } });
  });

  test('a section is listed at its own address', async () => {
    const { pinterest, server } = await setUp(pages({}));
    await pinterest.listBoardPins('pina_token', '12', { sectionId: '34' });
    expect(server.requests[0]?.path).toMatch(/^\/v5\/boards\/12\/sections\/34\/pins\?/);
  });

  test('an invalid id never becomes part of a path', async () => {
    const { pinterest, server } = await setUp(pages({}));
    for (const boardId of ['', '..', '1/pins', 'abc']) {
      expect((await pinterest.listBoardPins('pina_token', boardId, {})).kind).toBe('failed');
    }
    expect(server.requests).toEqual([]);
  });
});

describe('reading one resource', () => {
  test('a Pin that Pinterest says is not there is null; a page of a gateway is a failure', async () => {
    let answer = respond(404, { code: 50, message: 'Pin not found.' });
    const { pinterest } = await setUp((socket, request) => answer(socket, request));
    expect(await pinterest.getPin('pina_token', '1')).toMatchObject({ kind: 'ok', value: null });
    answer = respond(404, '<html>');
    expect(await pinterest.getPin('pina_token', '1')).toMatchObject({ kind: 'failed' });
  });

  test.each([
    ['2022-10-13T01:40:29', '2022-10-13T01:40:29.000Z'],
    ['2022-10-13T01:40:29.5', '2022-10-13T01:40:29.500Z'],
    ['2022-10-13T01:40:29Z', '2022-10-13T01:40:29.000Z'],
    ['2022-10-13T01:40:29+02:00', '2022-10-12T23:40:29.000Z'],
    ['2022-10-13 01:40:29', '2022-10-13T01:40:29.000Z'],
    ['yesterday', null],
    [1665625229, null],
    [null, null],
  ])('created_at %j is %s, in whatever zone this process runs', async (created_at, expected) => {
    vi.stubEnv('TZ', 'America/New_York');
    const { pinterest } = await setUp(respond(200, { id: '1', created_at }));
    const answer = await pinterest.getPin('pina_token', '1');
    const pin = answer.kind === 'ok' ? answer.value : null;
    expect(pin?.createdAt?.toISOString() ?? null).toBe(expected);
  });

  test.each([
    [{ media: { media_type: 'video', width: null } }, 'video'],
    [{ media: { media_type: 'multiple_images' } }, 'carousel'],
    [{ media: { media_type: 'hologram' }, creative_type: 'CAROUSEL' }, 'carousel'],
    [{ media: null, creative_type: 'REGULAR' }, 'image'],
    [{ creative_type: 'HOLOGRAM' }, 'unknown'],
    [{}, 'unknown'],
  ])('%j is of kind %s', async (fields, kind) => {
    const { pinterest } = await setUp(respond(200, { id: '1', ...fields }));
    const answer = await pinterest.getPin('pina_token', '1');
    expect(answer.kind === 'ok' && answer.value?.mediaKind).toBe(kind);
  });

  test('the call tells what support and pacing need', async () => {
    const headers = { 'x-pinterest-rid': '7606362844227236', 'x-ratelimit-limit': '1000, 1000;w=60' };
    const more = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '42' };
    const { pinterest } = await setUp(
      respond(429, { code: 8, message: 'This request exceeded a rate limit.' }, { ...headers, ...more }),
    );
    const answer = await pinterest.getUserAccount('pina_token');
    expect(answer).toMatchObject({
      kind: 'failed',
      failure: { reason: 'rate_limited', retryAfterMs: 42_000, scope: 'account' },
      call: {
        status: 429,
        pinterestCode: 8,
        message: 'This request exceeded a rate limit.',
        requestId: '7606362844227236',
        rateLimit: { limit: 1000, remaining: 0, resetSeconds: 42 },
        startedAt: clock.now(),
      },
    });
  });

  test('an account without an id cannot be used', async () => {
    const { pinterest } = await setUp(respond(200, { username: 'u' }));
    expect(await pinterest.getUserAccount('pina_token')).toMatchObject({ kind: 'failed' });
  });

  test('a read ends at its time limit and may be repeated', async () => {
    const { pinterest, server } = await setUp(() => {});
    const pending = pinterest.getUserAccount('pina_token');
    await server.received(1);
    clock.advance(15_000);
    expect(await pending).toMatchObject({
      kind: 'failed',
      failure: { reason: 'answer_lost', retryable: true },
    });
  });
});

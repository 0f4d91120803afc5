// Pins against the simulator: the outcome that the client reports is the one in the simulator's ledger.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CreatePinBody } from './index.ts';
import { pngOf, startWorld, token, type World } from './simulator.fixture.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());
beforeEach(() => world.reset());

const fault = (fields: object) =>
  world.control('/faults', { faults: [{ operation: 'pins/create', ...fields }] });
const pinsMade = async () => (await world.control<{ pins: { id: string }[] }>('/pins')).pins;

test('a Pin that is created can be read back, listed and deleted', async () => {
  const outcome = await world.pinterest.createPin(token, world.pin({ boardSectionId: world.sectionId }));
  if (outcome.kind !== 'created') throw new Error(JSON.stringify(outcome));
  expect(outcome.pin).toMatchObject({
    boardId: world.boardId,
    boardSectionId: world.sectionId,
    title: 'A title',
    link: 'https://example.com/a',
    altText: 'A',
    isOwner: true,
    mediaKind: 'image',
  });
  expect(Math.abs((outcome.pin.createdAt?.getTime() ?? 0) - outcome.call.startedAt.getTime())).toBeLessThan(
    5_000,
  );
  expect(outcome.call.rateLimit?.remaining).toBeGreaterThan(0);

  const lists = [
    await world.pinterest.listBoardPins(token, world.boardId),
    await world.pinterest.listBoardPins(token, world.boardId, { sectionId: world.sectionId }),
    await world.pinterest.listPins(token),
  ];
  for (const list of lists) {
    expect(list).toMatchObject({ kind: 'ok', value: { pins: [{ id: outcome.pin.id }], complete: true } });
  }
  expect(await world.pinterest.getPin(token, outcome.pin.id)).toMatchObject({ value: { title: 'A title' } });
  expect((await world.pinterest.deletePin(token, outcome.pin.id)).kind).toBe('ok');
  expect(await world.pinterest.getPin(token, outcome.pin.id)).toMatchObject({ kind: 'ok', value: null });
});

describe('what went wrong after the Pin was made is lost, and the Pin can be found', () => {
  test.each([
    ['a reset', { kind: 'reset' }],
    ['half an answer', { kind: 'truncate' }],
    ['a 500', { kind: 'status', status: 500 }],
    ['an HTML 502', { kind: 'status', status: 502, body: 'html' }],
    ['an empty 504', { kind: 'status', status: 504, body: 'empty' }],
    ['code 2787 with 400', { kind: 'status', status: 400, code: 2787 }],
    ['a 201 without an id', { kind: 'alter', omit: ['id'] }],
  ])('%s', async (_name, fields) => {
    await fault({ ...fields, when: 'after' });
    const outcome = await world.pinterest.createPin(token, world.pin());
    expect(outcome.kind).toBe('lost');
    const made = await pinsMade();
    expect(made.length).toBe(1);
    const listed = await world.pinterest.listBoardPins(token, world.boardId);
    expect(listed).toMatchObject({
      value: { pins: [{ id: made[0]?.id, title: 'A title' }], complete: true },
    });
  });
});

describe('the same before the Pin was made is lost too: nobody can tell them apart', () => {
  test.each([
    ['a reset', { kind: 'reset' }],
    ['a 503', { kind: 'status', status: 503 }],
    ['code 2787 with 500', { kind: 'status', status: 500, code: 2787 }],
  ])('%s', async (_name, fields) => {
    await fault({ ...fields, when: 'before' });
    expect((await world.pinterest.createPin(token, world.pin())).kind).toBe('lost');
    expect(await pinsMade()).toEqual([]);
  });
});

describe('a clear refusal makes nothing', () => {
  const other = '549755885175';
  test.each<[string, string, () => Partial<CreatePinBody> | Promise<Partial<CreatePinBody>>, string]>([
    [token, 'an unknown board', () => ({ boardId: other }), 'board_not_found'],
    [token, 'an unknown section', () => ({ boardSectionId: other }), 'section_not_found'],
    [
      token,
      'a small image',
      async () => ({ source: { ...png, bytes: await pngOf(20, 20) } }),
      'image_too_small',
    ],
    [token, 'a broken image', () => ({ source: { ...png, bytes: Buffer.from('hello') } }), 'image_broken'],
    ['pina_trial', 'a Trial app', () => ({}), 'trial_app'],
    ['pina_pending', 'a pending app', () => ({}), 'app_not_approved'],
    ['pina_readonly', 'a token without the scope', () => ({}), 'scope_missing'],
  ])('with %s: %s', async (with_, _name, change, reason) => {
    const outcome = await world.pinterest.createPin(with_, world.pin(await change()));
    expect(outcome).toMatchObject({ kind: 'refused', failure: { reason, retryable: false } });
    expect(await pinsMade()).toEqual([]);
  });
  const png = { type: 'image_base64', contentType: 'image/png' } as const;
});

describe('what may be sent again makes nothing either', () => {
  test.each(['pina_old', 'pina_unknown'])('the token %s', async (bad) => {
    const outcome = await world.pinterest.createPin(bad, world.pin());
    expect(outcome).toMatchObject({
      kind: 'postponed',
      failure: { reason: 'token_invalid', accountProblem: 'unauthorized' },
    });
  });

  test('an image that Pinterest cannot fetch', async () => {
    const source = { type: 'image_url', url: `${world.url}/no-such-picture.png` } as const;
    const outcome = await world.pinterest.createPin(token, world.pin({ source }));
    expect(outcome).toMatchObject({ kind: 'postponed', failure: { reason: 'image_fetch_failed' } });
  });

  test.each([
    ['plain', 'none', 60],
    ['list', 'none', 60],
    ['plain', 'seconds', 60],
    ['none', 'date', 60],
  ])('a rate limit with %s headers and Retry-After %s', async (headers, retryAfter, seconds) => {
    await world.control('/settings', { limits: { writesPerMinute: 1, headers, retryAfter } });
    expect((await world.pinterest.createPin(token, world.pin())).kind).toBe('created');
    const outcome = await world.pinterest.createPin(token, world.pin());
    expect(outcome).toMatchObject({
      kind: 'postponed',
      failure: { reason: 'rate_limited', scope: 'account' },
    });
    const waitMs = outcome.kind === 'postponed' ? (outcome.failure.retryAfterMs ?? 0) : 0;
    expect(waitMs).toBeGreaterThan((seconds - 5) * 1000);
    expect(waitMs).toBeLessThanOrEqual(seconds * 1000);
  });

  test.each([429, 403, 400])('a spam block with %i', async (status) => {
    await world.control('/spam-blocks', { accountId: world.accountId, seconds: 3600, status });
    const outcome = await world.pinterest.createPin(token, world.pin());
    expect(outcome).toMatchObject({ kind: 'postponed', failure: { accountProblem: 'spam_block' } });
    expect(await pinsMade()).toEqual([]);
  });
});

test.each([
  ['200 instead of 201', { createStatus: 200 }],
  ['as little as possible', { answers: { omitOptional: true } }],
  ['fields of the future', { answers: { addUnknown: true } }],
  ['simplified Pins ignored', { isStandard: 'ignored' }],
])('an answer with %s is understood', async (_name, settings) => {
  await world.control('/settings', settings);
  const outcome = await world.pinterest.createPin(token, world.pin({ isStandard: false }));
  const [made] = await pinsMade();
  expect(outcome).toMatchObject({ kind: 'created', pin: { id: made?.id } });
});

test.each([
  ['an empty first page', { emptyFirstPage: true }, true],
  ['a bookmark without an end', { emptyFirstPage: true, repeatLastBookmark: true }, false],
])('a list with %s', async (_name, listing, complete) => {
  await world.pinterest.createPin(token, world.pin());
  await world.control('/settings', { listing });
  const list = await world.pinterest.listBoardPins(token, world.boardId);
  expect(list).toMatchObject({ kind: 'ok', value: { complete } });
  expect(list.kind === 'ok' && list.value.pins.length).toBe(1);
});

test('more boards than one page holds are all listed', async () => {
  const boards = Array.from({ length: 260 }, (_, index) => ({ name: `Board ${index}` }));
  await world.control('/seed', { accounts: [{ username: 'u', boards }] });
  const answer = await world.pinterest.listBoards(token);
  expect(answer.kind === 'ok' && new Set(answer.value.map((board) => board.name)).size).toBe(261);
});

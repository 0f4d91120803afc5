// The client against the pretend Pinterest: what it says happened is what the other side's ledger has.
import { startSimulator } from '@pintail/simulator';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../platform/clock.ts';
import { type CreatePinBody, createPinterest, type Pinterest } from './index.ts';
import { captureLog } from './test-server.fixture.ts';

const token = 'pina_x';
const app = { appId: 'app-standard', appSecret: 'standard-secret' };

let simulator: Awaited<ReturnType<typeof startSimulator>>;
let pinterest: Pinterest;
let boardId: string;
let sectionId: string;
let accountId: string;
let picture: string;

interface SeededAccount {
  id: string;
  boards: { id: string; sections: { id: string }[] }[];
}

async function control<T>(path: string, body?: unknown): Promise<T> {
  const method = body === undefined ? 'GET' : 'POST';
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(`${simulator.url}/_control${path}`, init);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

const fault = (fields: object) => control('/faults', { faults: [{ operation: 'pins/create', ...fields }] });
const pinsMade = async () => (await control<{ pins: { id: string }[] }>('/pins')).pins;

beforeAll(async () => {
  simulator = await startSimulator({ port: 0 });
  pinterest = createPinterest({ apiUrl: simulator.apiUrl, clock: systemClock, log: captureLog().log });
  picture = await image(200, 300);
});

afterAll(async () => {
  await pinterest.close();
  await simulator.close();
});

beforeEach(async () => {
  await control('/reset', {});
  const apps = ['standard', 'trial', 'pending'].map((level) => ({
    clientId: `app-${level}`,
    clientSecret: `${level}-secret`,
    level,
  }));
  const boards = [{ name: 'B', sections: [{ name: 'S' }] }];
  const tokens = [
    { accessToken: token, refreshToken: 'pinr.x', app: 'app-standard' },
    { accessToken: 'pina_trial', app: 'app-trial' },
    { accessToken: 'pina_pending', app: 'app-pending' },
    { accessToken: 'pina_readonly', app: 'app-standard', scopes: ['boards:read', 'pins:read'] },
    { accessToken: 'pina_old', app: 'app-standard', expiresInSeconds: -1 },
  ];
  const seeded = await control<{ accounts: SeededAccount[] }>('/seed', {
    apps,
    accounts: [{ username: 'u', boards, tokens }],
  });
  const [account] = seeded.accounts;
  accountId = account?.id ?? '';
  boardId = account?.boards[0]?.id ?? '';
  sectionId = account?.boards[0]?.sections[0]?.id ?? '';
});

async function image(width: number, height: number): Promise<string> {
  const picture = sharp({ create: { width, height, channels: 3, background: '#884422' } });
  return (await picture.png().toBuffer()).toString('base64');
}

function pin(change: Partial<CreatePinBody> = {}): CreatePinBody {
  const source = { type: 'image_base64', contentType: 'image/png', data: picture } as const;
  return {
    boardId,
    title: 'A title',
    description: 'D',
    link: 'https://example.com/a',
    altText: 'A',
    source,
    ...change,
  };
}

test('a Pin that is created can be read back, listed and deleted', async () => {
  const outcome = await pinterest.createPin(token, pin({ boardSectionId: sectionId }));
  if (outcome.kind !== 'created') throw new Error(JSON.stringify(outcome));
  expect(outcome.pin).toMatchObject({
    boardId,
    boardSectionId: sectionId,
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
    await pinterest.listBoardPins(token, boardId),
    await pinterest.listBoardPins(token, boardId, { sectionId }),
    await pinterest.listPins(token),
  ];
  for (const list of lists) {
    expect(list).toMatchObject({ kind: 'ok', value: { pins: [{ id: outcome.pin.id }], complete: true } });
  }
  expect(await pinterest.getPin(token, outcome.pin.id)).toMatchObject({ value: { title: 'A title' } });
  expect((await pinterest.deletePin(token, outcome.pin.id)).kind).toBe('ok');
  expect(await pinterest.getPin(token, outcome.pin.id)).toMatchObject({ kind: 'ok', value: null });
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
    const outcome = await pinterest.createPin(token, pin());
    expect(outcome.kind).toBe('lost');
    const made = await pinsMade();
    expect(made.length).toBe(1);
    const listed = await pinterest.listBoardPins(token, boardId);
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
    expect((await pinterest.createPin(token, pin())).kind).toBe('lost');
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
      async () => ({ source: { ...png, data: await image(20, 20) } }),
      'image_too_small',
    ],
    [token, 'a broken image', () => ({ source: { ...png, data: 'aGVsbG8=' } }), 'image_broken'],
    ['pina_trial', 'a Trial app', () => ({}), 'trial_app'],
    ['pina_pending', 'a pending app', () => ({}), 'app_not_approved'],
    ['pina_readonly', 'a token without the scope', () => ({}), 'scope_missing'],
  ])('with %s: %s', async (with_, _name, change, reason) => {
    const outcome = await pinterest.createPin(with_, pin(await change()));
    expect(outcome).toMatchObject({ kind: 'refused', failure: { reason, retryable: false } });
    expect(await pinsMade()).toEqual([]);
  });
  const png = { type: 'image_base64', contentType: 'image/png' } as const;
});

describe('what may be sent again makes nothing either', () => {
  test.each(['pina_old', 'pina_unknown'])('the token %s', async (bad) => {
    const outcome = await pinterest.createPin(bad, pin());
    expect(outcome).toMatchObject({
      kind: 'postponed',
      failure: { reason: 'token_invalid', accountProblem: 'unauthorized' },
    });
  });

  test('an image that Pinterest cannot fetch', async () => {
    const source = { type: 'image_url', url: `${simulator.url}/no-such-picture.png` } as const;
    const outcome = await pinterest.createPin(token, pin({ source }));
    expect(outcome).toMatchObject({ kind: 'postponed', failure: { reason: 'image_fetch_failed' } });
  });

  test.each([
    ['plain', 'none', 60],
    ['list', 'none', 60],
    ['plain', 'seconds', 60],
    ['none', 'date', 60],
  ])('a rate limit with %s headers and Retry-After %s', async (headers, retryAfter, seconds) => {
    await control('/settings', { limits: { writesPerMinute: 1, headers, retryAfter } });
    expect((await pinterest.createPin(token, pin())).kind).toBe('created');
    const outcome = await pinterest.createPin(token, pin());
    expect(outcome).toMatchObject({
      kind: 'postponed',
      failure: { reason: 'rate_limited', scope: 'account' },
    });
    const waitMs = outcome.kind === 'postponed' ? (outcome.failure.retryAfterMs ?? 0) : 0;
    expect(waitMs).toBeGreaterThan((seconds - 5) * 1000);
    expect(waitMs).toBeLessThanOrEqual(seconds * 1000);
  });

  test.each([429, 403, 400])('a spam block with %i', async (status) => {
    await control('/spam-blocks', { accountId, seconds: 3600, status });
    const outcome = await pinterest.createPin(token, pin());
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
  await control('/settings', settings);
  const outcome = await pinterest.createPin(token, pin({ isStandard: false }));
  const [made] = await pinsMade();
  expect(outcome).toMatchObject({ kind: 'created', pin: { id: made?.id } });
});

test.each([
  ['an empty first page', { emptyFirstPage: true }, true],
  ['a bookmark without an end', { emptyFirstPage: true, repeatLastBookmark: true }, false],
])('a list with %s', async (_name, listing, complete) => {
  await pinterest.createPin(token, pin());
  await control('/settings', { listing });
  const list = await pinterest.listBoardPins(token, boardId);
  expect(list).toMatchObject({ kind: 'ok', value: { complete } });
  expect(list.kind === 'ok' && list.value.pins.length).toBe(1);
});

test('more boards than one page holds are all listed', async () => {
  const boards = Array.from({ length: 260 }, (_, index) => ({ name: `Board ${index}` }));
  await control('/seed', { accounts: [{ username: 'u', boards }] });
  const answer = await pinterest.listBoards(token);
  expect(answer.kind === 'ok' && new Set(answer.value.map((board) => board.name)).size).toBe(261);
});

test('boards and sections are made, changed and taken away', async () => {
  const board = await pinterest.createBoard(token, { name: 'New', privacy: 'PUBLIC' });
  if (board.kind !== 'ok') throw new Error(JSON.stringify(board));
  expect(await pinterest.createBoard(token, { name: 'New' })).toMatchObject({
    failure: { reason: 'board_name_taken' },
  });
  const { id } = board.value;
  expect(await pinterest.updateBoard(token, id, { name: 'Newer' })).toMatchObject({
    value: { name: 'Newer' },
  });
  const section = await pinterest.createBoardSection(token, id, 'S');
  if (section.kind !== 'ok') throw new Error(JSON.stringify(section));
  await pinterest.updateBoardSection(token, id, section.value.id, 'T');
  expect(await pinterest.listBoardSections(token, id)).toMatchObject({
    value: [{ id: section.value.id, name: 'T' }],
  });
  expect((await pinterest.deleteBoardSection(token, id, section.value.id)).kind).toBe('ok');
  expect((await pinterest.deleteBoard(token, id)).kind).toBe('ok');
  expect(await pinterest.getBoard(token, id)).toMatchObject({ kind: 'ok', value: null });
});

test('a video is registered, uploaded, processed and published', async () => {
  await control('/settings', { media: { registeredSeconds: 0, processingSeconds: 60 } });
  const registered = await pinterest.registerMedia(token);
  if (registered.kind !== 'ok') throw new Error(JSON.stringify(registered));
  const { mediaId } = registered.value;
  const bytes = new Blob([minimalMp4()]);
  const uploaded = await pinterest.uploadMedia(registered.value, {
    bytes: bytes.stream(),
    sizeBytes: bytes.size,
  });
  expect(uploaded.kind).toBe('ok');
  expect(await pinterest.getMedia(token, mediaId)).toMatchObject({ value: { status: 'processing' } });
  await control('/clock', { advanceSeconds: 120 });
  expect(await pinterest.getMedia(token, mediaId)).toMatchObject({ value: { status: 'succeeded' } });
  const source = { type: 'video_id', mediaId, cover: { type: 'key_frame', seconds: 0 } } as const;
  expect(await pinterest.createPin(token, pin({ source }))).toMatchObject({
    kind: 'created',
    pin: { mediaKind: 'video' },
  });
});

/** The head of an MP4 file; what follows does not matter here. */
function minimalMp4(): Uint8Array<ArrayBuffer> {
  const head = Buffer.from('000000186674797069736f6d0000020069736f6d6d703432', 'hex');
  return new Uint8Array(Buffer.concat([head, Buffer.alloc(4_096)]));
}

test('tokens are refreshed, and an unknown refresh token means connecting again', async () => {
  const answer = await pinterest.refreshTokens(app, 'pinr.x');
  if (answer.kind !== 'ok') throw new Error(JSON.stringify(answer));
  expect(answer.value.refreshToken).not.toBe('pinr.x');
  expect((await pinterest.getUserAccount(answer.value.accessToken)).kind).toBe('ok');
  expect(await pinterest.refreshTokens(app, 'pinr.unknown')).toMatchObject({
    kind: 'failed',
    failure: { reason: 'grant_invalid', accountProblem: 'unauthorized' },
  });
});

test('an account is known by its id', async () => {
  expect(await pinterest.getUserAccount(token)).toMatchObject({
    kind: 'ok',
    value: { id: accountId, username: 'u', accountType: 'BUSINESS' },
  });
});

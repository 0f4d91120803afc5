// Accounts, boards, videos and tokens against the simulator.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { authorizeUrl } from './index.ts';
import { app, redirectUri, startWorld, token, type World } from './simulator.fixture.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());
beforeEach(() => world.reset());

test('an account is known by its id', async () => {
  expect(await world.pinterest.getUserAccount(token)).toMatchObject({
    kind: 'ok',
    value: { id: world.accountId, username: 'u', accountType: 'BUSINESS' },
  });
});

test('boards and sections are created, changed and deleted', async () => {
  const board = await world.pinterest.createBoard(token, { name: 'New', privacy: 'PUBLIC' });
  if (board.kind !== 'ok') throw new Error(JSON.stringify(board));
  expect(await world.pinterest.createBoard(token, { name: 'New' })).toMatchObject({
    failure: { reason: 'board_name_taken' },
  });
  const { id } = board.value;
  expect(await world.pinterest.updateBoard(token, id, { name: 'Newer' })).toMatchObject({
    value: { name: 'Newer' },
  });
  const section = await world.pinterest.createBoardSection(token, id, 'S');
  if (section.kind !== 'ok') throw new Error(JSON.stringify(section));
  await world.pinterest.updateBoardSection(token, id, section.value.id, 'T');
  expect(await world.pinterest.listBoardSections(token, id)).toMatchObject({
    value: [{ id: section.value.id, name: 'T' }],
  });
  expect((await world.pinterest.deleteBoardSection(token, id, section.value.id)).kind).toBe('ok');
  expect((await world.pinterest.deleteBoard(token, id)).kind).toBe('ok');
  expect(await world.pinterest.getBoard(token, id)).toMatchObject({ kind: 'ok', value: null });
});

test('a video is registered, uploaded, processed and published', async () => {
  await world.control('/settings', { media: { registeredSeconds: 0, processingSeconds: 60 } });
  const registered = await world.pinterest.registerMedia(token);
  if (registered.kind !== 'ok') throw new Error(JSON.stringify(registered));
  const { mediaId } = registered.value;
  const bytes = new Blob([minimalMp4()]);
  const uploaded = await world.pinterest.uploadMedia(registered.value, {
    bytes: bytes.stream(),
    sizeBytes: bytes.size,
  });
  expect(uploaded.kind).toBe('ok');
  expect(await world.pinterest.getMedia(token, mediaId)).toMatchObject({ value: { status: 'processing' } });
  await world.control('/clock', { advanceSeconds: 120 });
  expect(await world.pinterest.getMedia(token, mediaId)).toMatchObject({ value: { status: 'succeeded' } });
  const source = { type: 'video_id', mediaId, cover: { type: 'key_frame', seconds: 0 } } as const;
  expect(await world.pinterest.createPin(token, world.pin({ source }))).toMatchObject({
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
  const answer = await world.pinterest.refreshTokens(app, 'pinr.x');
  if (answer.kind !== 'ok') throw new Error(JSON.stringify(answer));
  expect(answer.value.refreshToken).not.toBe('pinr.x');
  expect((await world.pinterest.getUserAccount(answer.value.accessToken)).kind).toBe('ok');
  expect(await world.pinterest.refreshTokens(app, 'pinr.unknown')).toMatchObject({
    kind: 'failed',
    failure: { reason: 'grant_invalid', accountProblem: 'unauthorized' },
  });
});

test('after consent the code works once', async () => {
  const page = authorizeUrl(world.authorizeUrl, {
    appId: app.appId,
    redirectUri,
    scopes: ['boards:read', 'user_accounts:read'],
    state: 's',
  });
  // The request of the page's form.
  const form = new URL(page).searchParams;
  form.set('account', world.accountId);
  form.set('decision', 'allow');
  const pressed = await fetch(world.authorizeUrl, { method: 'POST', body: form, redirect: 'manual' });
  const back = new URL(pressed.headers.get('location') ?? '');
  const code = back.searchParams.get('code') ?? '';
  expect(back.searchParams.get('state')).toBe('s');

  const answer = await world.pinterest.exchangeCode(app, { code, redirectUri });
  if (answer.kind !== 'ok') throw new Error(JSON.stringify(answer));
  expect(answer.value.scopes).toEqual(expect.arrayContaining(['boards:read', 'user_accounts:read']));
  const account = await world.pinterest.getUserAccount(answer.value.accessToken);
  expect(account).toMatchObject({ kind: 'ok', value: { id: world.accountId } });
  expect(await world.pinterest.exchangeCode(app, { code, redirectUri })).toMatchObject({
    kind: 'failed',
    failure: { reason: 'grant_invalid', retryable: false },
  });
});

test('saving a Pin creates another Pin', async () => {
  const outcome = await world.pinterest.createPin(token, world.pin());
  if (outcome.kind !== 'created') throw new Error(JSON.stringify(outcome));
  const board = await world.pinterest.createBoard(token, { name: 'Other' });
  if (board.kind !== 'ok') throw new Error(JSON.stringify(board));
  const saved = await world.pinterest.savePin(token, outcome.pin.id, { boardId: board.value.id });
  if (saved.kind !== 'ok') throw new Error(JSON.stringify(saved));
  expect(saved.value.id).not.toBe(outcome.pin.id);
  const listed = await world.pinterest.listBoardPins(token, board.value.id);
  expect(listed).toMatchObject({ value: { pins: [{ id: saved.value.id }] } });
});

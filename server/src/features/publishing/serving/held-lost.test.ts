// Posts that are held because their Pin may exist: only a person resolves them, and they count like a Pin meanwhile.
import { expect, test } from 'vitest';
import { errorLevel } from '../../../../test/log.ts';
import {
  account,
  app,
  minute,
  pinsHere,
  runAfter,
  usePublishing,
  worker,
} from '../../../../test/publishing.ts';
import { decisions, get, holdLost, hour, inMs, listIds, path, pathOf, stored } from './held-posts.fixture.ts';

usePublishing();

test('a post held for a lost answer has the status uploading, needs a decision, and is in the lists of uploading and held posts', async () => {
  const id = await holdLost();
  expect(await get(id)).toMatchObject({
    ...{ status: 'uploading', publication: 'needs_decision', missed: false, nextAttemptAt: null },
    failure: { code: 'waits_for_decision' },
  });
  for (const status of ['uploading', 'held']) expect(await listIds(status)).toEqual([id]);
  for (const status of ['queued', 'missed']) expect(await listIds(status)).toEqual([]);
});

test.each(Object.keys(decisions) as (keyof typeof decisions)[])(
  'a post held for a lost answer refuses to %s',
  async (decision) => {
    const id = await holdLost();
    const postBefore = await get(id);
    const answer = await decisions[decision](id);
    expect([answer.status, answer.body.error.details[0]]).toEqual([
      409,
      expect.objectContaining({
        code: `${decision}_not_allowed`,
        message: expect.stringContaining('POST …/resolve'),
      }),
    ]);
    expect(await get(id)).toEqual(postBefore);
    await runAfter(48 * hour);
    expect(await pinsHere()).toEqual([]);
  },
);

test('a post held for a lost answer is published once when a person states that there is no Pin', async () => {
  const id = await holdLost();
  const answer = await app.call('POST', `${pathOf(id)}/resolve`, { outcome: 'not_published' });
  expect(answer.body.data.post).toMatchObject({ status: 'queued', publication: 'waiting', failure: null });
  expect(await stored(id)).toMatchObject({ state: 'queued', held_for: null });
  await worker.runDue();
  expect(await pinsHere()).toHaveLength(1);
  expect(await get(id)).toMatchObject({ status: 'sent', attempts: 2 });
});

test('a post held for a lost answer is sent when a person names its Pin', async () => {
  const id = await holdLost();
  const answer = await app.call('POST', `${pathOf(id)}/resolve`, { outcome: 'published', pinId: '4711' });
  expect(answer.body.data.post).toMatchObject({ status: 'sent', pinId: '4711', publication: 'done' });
  await runAfter(hour);
  expect(await pinsHere()).toEqual([]);
});

test('a post held for a lost answer blocks its twins until it is resolved, and no other post', async () => {
  const id = await holdLost();
  const twin = await app.createPost(account, { sendAt: inMs(minute) });
  const otherPost = await app.createPost(account, { sendAt: inMs(minute), title: 'Another' });
  await runAfter(minute);
  await runAfter(hour);
  expect(await get(twin.id)).toMatchObject({ status: 'queued', missed: true });
  expect(await get(otherPost.id)).toMatchObject({ status: 'sent' });
  expect(await app.app.lanes.sweepLanes(app.clock.now())).toBe(0);
  await app.call('POST', `${pathOf(id)}/resolve`, { outcome: 'published', pinId: '4711' });
  await worker.runDue();
  expect(await get(twin.id)).toMatchObject({ status: 'sent' });
});

test('a post held for a lost answer counts for the daily limit of its account', async () => {
  await app.call('PATCH', path(), { dailyPinLimit: 1 });
  await holdLost();
  const next = await app.createPost(account, { sendAt: inMs(minute), title: 'Another' });
  await runAfter(minute);
  await runAfter(20 * hour);
  expect(await get(next.id)).toMatchObject({ status: 'queued' });
  await runAfter(5 * hour);
  expect(await get(next.id)).toMatchObject({ status: 'sent' });
});

test('a post held for a lost answer retains its media', async () => {
  const id = await holdLost();
  const { media } = await get(id);
  const answer = await app.call('DELETE', `/v1/media/${media.id}`);
  expect([answer.status, answer.body.error.reason]).toEqual([409, 'media_in_use']);
});

test('a post held for a lost answer stays held when its account is disconnected and connected again', async () => {
  const id = await holdLost();
  await app.call('DELETE', path());
  expect(await stored(id)).toMatchObject({ state: 'held', held_for: 'lost_answer' });
  await app.call('POST', '/v1/accounts', { accessToken: account.accessToken });
  await runAfter(hour);
  expect(await stored(id)).toMatchObject({ state: 'held', held_for: 'lost_answer' });
  expect(await pinsHere()).toEqual([]);
});

test('of several Pins that match, a person names one: the post is held, and its timeline says so', async () => {
  const { id } = await app.createPost(account);
  await app.faults([{ operation: 'pins/create', when: 'after', kind: 'reset', times: 1 }]);
  await runAfter(minute);
  const [pin] = await pinsHere();
  // The same Pin again, created by hand.
  const picture = Buffer.from(await (await fetch(app.picture())).arrayBuffer()).toString('base64');
  const created = await fetch(`${app.simulator.apiUrl}/pins`, {
    method: 'POST',
    headers: { authorization: `Bearer ${account.accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{
        board_id: account.boards.Recipes,
        title: pin?.title,
        description: pin?.description,
        link: pin?.link,
      },
      media_source: { source_type: 'image_base64', content_type: 'image/jpeg', data: picture },
    }),
  });
  expect(created.status).toBe(201);
  await runAfter(10_000);
  expect(await stored(id)).toMatchObject({ state: 'held', held_for: 'lost_answer' });
  expect((await get(id)).failure).toMatchObject({ code: 'several_pins_match' });
  const { events } = (await app.call('GET', `${pathOf(id)}/timeline`)).body.data;
  expect(events.at(-1)).toMatchObject({ type: 'post.held', attempt: 1, outcome: 'several_found' });
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

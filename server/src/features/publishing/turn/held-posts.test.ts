// Held posts: in which situations a person is needed, what the person can do, and what else holds meanwhile.
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../test/app.ts';
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
import { publishingCheck } from '../checks.ts';
import { sweepNow } from '../lane/lanes.fixture.ts';

usePublishing();

const hour = 60 * minute;
const path = () => `/v1/accounts/${account.accountId}`;
const pathOf = (id: string) => `${path()}/posts/${id}`;
const inMs = (ms: number) => new Date(app.clock.now().getTime() + ms).toISOString();
const get = (id: string) => app.getPost(account, id);

async function stored(id: string) {
  const { rows } = await app.database.pool.query(
    'select state, held_for, status, run_at from posts where id = $1',
    [id],
  );
  return rows[0];
}

async function listIds(status: string): Promise<string[]> {
  const answer = await app.call('GET', `${path()}/posts?status=${status}`);
  return answer.body.data.posts.map(({ id }: { id: string }) => id);
}

/** A post that was due while no worker was running, of an account that holds missed posts. */
async function holdMissed(fields: Json = {}): Promise<string> {
  await app.call('PATCH', path(), { missedPolicy: 'hold' });
  const { id } = await app.createPost(account, { sendAt: inMs(minute), ...fields });
  await runAfter(hour);
  expect(await stored(id)).toEqual({ state: 'held', held_for: 'missed', status: 'queued', run_at: null });
  return id;
}

/** A post whose create answer was lost, and whose Pin was not found. `after`: there is a Pin nevertheless. */
async function holdLost(fields: Json = {}): Promise<string> {
  await app.call('PATCH', path(), { unknownPolicy: 'ask' });
  const { id } = await app.createPost(account, fields);
  await app.faults([{ operation: 'pins/create', when: 'before', kind: 'reset', times: 1 }]);
  await runAfter(minute);
  for (const seconds of [10, 30, 120, 600]) await runAfter(seconds * 1000);
  expect(await stored(id)).toEqual({
    state: 'held',
    held_for: 'lost_answer',
    status: 'uploading',
    run_at: null,
  });
  return id;
}

async function figure(name: string): Promise<number> {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  const line = text.split('\n').find((entry) => entry.startsWith(`${name} `));
  return Number(line?.slice(name.length));
}

const decisions = {
  schedule: (id: string) => app.call('POST', `${pathOf(id)}/schedule`, { sendAt: inMs(hour) }),
  unschedule: (id: string) => app.call('POST', `${pathOf(id)}/unschedule`),
  edit: (id: string) => app.call('PATCH', pathOf(id), { title: 'Another title' }),
  delete: (id: string) => app.call('DELETE', pathOf(id)),
};

describe('a missed post that is held', () => {
  test('has the status queued, needs a decision, and is in the lists of queued, missed and held posts', async () => {
    const id = await holdMissed();
    expect(await get(id)).toMatchObject({
      ...{ status: 'queued', publication: 'needs_decision', missed: true, nextAttemptAt: null },
      failure: { code: 'missed' },
    });
    for (const status of ['queued', 'missed', 'held']) expect(await listIds(status)).toEqual([id]);
    expect(await listIds('uploading')).toEqual([]);
  });

  test('is not published automatically, also not when the account no longer holds missed posts', async () => {
    const id = await holdMissed();
    await app.call('PATCH', path(), { missedPolicy: 'publish' });
    await runAfter(48 * hour);
    await sweepNow();
    await worker.runDue();
    expect(await pinsHere()).toEqual([]);
    expect((await stored(id))?.state).toBe('held');
  });

  test('is published at the time that a person sets, and has no reason from then on', async () => {
    const id = await holdMissed();
    const answer = await decisions.schedule(id);
    expect(answer.body.data.post).toMatchObject({ status: 'queued', publication: 'waiting', failure: null });
    expect(await stored(id)).toMatchObject({ state: 'queued', held_for: null });
    expect(await listIds('held')).toEqual([]);
    await runAfter(hour);
    expect(await pinsHere()).toHaveLength(1);
    expect(await get(id)).toMatchObject({ status: 'sent', attempts: 1 });
  });

  test('becomes a draft when it is unscheduled', async () => {
    const id = await holdMissed();
    expect((await decisions.unschedule(id)).body.data.post).toMatchObject({ status: 'draft', failure: null });
    expect(await stored(id)).toMatchObject({ state: 'draft', held_for: null });
  });

  test('can be edited, and stays held', async () => {
    const id = await holdMissed();
    expect((await decisions.edit(id)).body.data.post).toMatchObject({
      ...{ title: 'Another title', status: 'queued', publication: 'needs_decision' },
    });
    await runAfter(hour);
    expect(await pinsHere()).toEqual([]);
  });

  test('can be deleted, and is then in no list', async () => {
    const id = await holdMissed();
    expect((await decisions.delete(id)).status).toBe(200);
    for (const status of ['queued', 'missed', 'held']) expect(await listIds(status)).toEqual([]);
  });

  test('cannot be resolved: nothing was sent', async () => {
    const id = await holdMissed();
    const answer = await app.call('POST', `${pathOf(id)}/resolve`, { outcome: 'not_published' });
    expect([answer.status, answer.body.error.details[0].code]).toEqual([409, 'resolve_not_allowed']);
    expect((await stored(id))?.state).toBe('held');
  });

  test('blocks no twin, and does not count for the interval of its account', async () => {
    await app.call('PATCH', path(), { minIntervalSeconds: 3600 });
    await holdMissed();
    const twin = await app.createPost(account, { sendAt: inMs(minute) });
    await runAfter(minute);
    expect(await get(twin.id)).toMatchObject({ status: 'sent' });
  });

  test('is reported as missed once, although it was held before the sweep', async () => {
    const id = await holdMissed();
    await sweepNow();
    await sweepNow();
    const { rows } = await app.database.pool.query(
      "select data ->> 'status' as status from events where post_id = $1 and type = 'post.missed'",
      [id],
    );
    expect(rows).toEqual([{ status: 'queued' }]);
  });

  test('is counted as a queued post of its board', async () => {
    await holdMissed();
    const answer = await app.call('DELETE', `${path()}/boards/${account.boards.Recipes}`);
    expect(answer.body.error.details[0].message).toContain('1 queued post would fail');
  });

  test('becomes a draft when its account is disconnected', async () => {
    const id = await holdMissed();
    const answer = await app.call('DELETE', path());
    expect(answer.body.data.unscheduledPosts).toBe(1);
    expect(await stored(id)).toMatchObject({ state: 'draft', held_for: null });
  });
});

describe('a post that is held because its Pin may exist', () => {
  test('has the status uploading, needs a decision, and is in the lists of uploading and held posts', async () => {
    const id = await holdLost();
    expect(await get(id)).toMatchObject({
      ...{ status: 'uploading', publication: 'needs_decision', missed: false, nextAttemptAt: null },
      failure: { code: 'waits_for_decision' },
    });
    for (const status of ['uploading', 'held']) expect(await listIds(status)).toEqual([id]);
    for (const status of ['queued', 'missed']) expect(await listIds(status)).toEqual([]);
  });

  test.each(Object.keys(decisions) as (keyof typeof decisions)[])('refuses to %s', async (decision) => {
    const id = await holdLost();
    const before = await get(id);
    const answer = await decisions[decision](id);
    expect([answer.status, answer.body.error.details[0]]).toEqual([
      409,
      expect.objectContaining({
        code: `${decision}_not_allowed`,
        message: expect.stringContaining('POST …/resolve'),
      }),
    ]);
    expect(await get(id)).toEqual(before);
    await runAfter(48 * hour);
    expect(await pinsHere()).toEqual([]);
  });

  test('is published once when a person states that there is no Pin', async () => {
    const id = await holdLost();
    const answer = await app.call('POST', `${pathOf(id)}/resolve`, { outcome: 'not_published' });
    expect(answer.body.data.post).toMatchObject({ status: 'queued', publication: 'waiting', failure: null });
    expect(await stored(id)).toMatchObject({ state: 'queued', held_for: null });
    await worker.runDue();
    expect(await pinsHere()).toHaveLength(1);
    expect(await get(id)).toMatchObject({ status: 'sent', attempts: 2 });
  });

  test('is sent when a person names its Pin', async () => {
    const id = await holdLost();
    const answer = await app.call('POST', `${pathOf(id)}/resolve`, { outcome: 'published', pinId: '4711' });
    expect(answer.body.data.post).toMatchObject({ status: 'sent', pinId: '4711', publication: 'done' });
    await runAfter(hour);
    expect(await pinsHere()).toEqual([]);
  });

  test('blocks its twins until it is resolved, and no other post', async () => {
    const id = await holdLost();
    const twin = await app.createPost(account, { sendAt: inMs(minute) });
    const other = await app.createPost(account, { sendAt: inMs(minute), title: 'Another' });
    await runAfter(minute);
    await runAfter(hour);
    expect(await get(twin.id)).toMatchObject({ status: 'queued', missed: true });
    expect(await get(other.id)).toMatchObject({ status: 'sent' });
    expect(await app.app.lanes.sweepLanes(app.clock.now())).toBe(0);
    await app.call('POST', `${pathOf(id)}/resolve`, { outcome: 'published', pinId: '4711' });
    await worker.runDue();
    expect(await get(twin.id)).toMatchObject({ status: 'sent' });
  });

  test('counts for the daily limit of its account', async () => {
    await app.call('PATCH', path(), { dailyPinLimit: 1 });
    await holdLost();
    const next = await app.createPost(account, { sendAt: inMs(minute), title: 'Another' });
    await runAfter(minute);
    await runAfter(20 * hour);
    expect(await get(next.id)).toMatchObject({ status: 'queued' });
    await runAfter(5 * hour);
    expect(await get(next.id)).toMatchObject({ status: 'sent' });
  });

  test('retains its media', async () => {
    const id = await holdLost();
    const { media } = await get(id);
    const answer = await app.call('DELETE', `/v1/media/${media.id}`);
    expect([answer.status, answer.body.error.reason]).toEqual([409, 'media_in_use']);
  });

  test('stays held when its account is disconnected and connected again', async () => {
    const id = await holdLost();
    await app.call('DELETE', path());
    expect(await stored(id)).toMatchObject({ state: 'held', held_for: 'lost_answer' });
    await app.call('POST', '/v1/accounts', { accessToken: account.accessToken });
    await runAfter(hour);
    expect(await stored(id)).toMatchObject({ state: 'held', held_for: 'lost_answer' });
    expect(await pinsHere()).toEqual([]);
  });
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

test('both situations are reported by the event post.held, with the status and the failure', async () => {
  const missed = await holdMissed();
  const lost = await holdLost({ title: 'Another' });
  const answer = await app.call('GET', `/v1/events?type=post.held&accountId=${account.accountId}`);
  expect(
    answer.body.data.events.map(({ postId, data }: { postId: string; data: object }) => [postId, data]),
  ).toEqual([
    [
      missed,
      expect.objectContaining({ status: 'queued', failure: expect.objectContaining({ code: 'missed' }) }),
    ],
    [
      lost,
      {
        ...{ status: 'uploading', attempt: 1, sendAt: expect.any(Number) },
        failure: expect.objectContaining({ code: 'waits_for_decision' }),
      },
    ],
  ]);
});

test('the list of held posts has both kinds, newest first, page by page', async () => {
  await app.call('PATCH', path(), { missedPolicy: 'hold' });
  const missed: string[] = [];
  for (const index of [1, 2, 3]) {
    const { id } = await app.createPost(account, { title: `${index}`, sendAt: inMs(index * minute) });
    missed.unshift(id);
  }
  await runAfter(hour);
  const lost = await holdLost({ title: 'Lost' });
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const { data } = (await app.call('GET', `${path()}/posts?status=held&limit=1${cursor}`)).body;
    seen.push(...data.posts.map(({ id }: { id: string }) => id));
    if (data.cursor === null) break;
    cursor = `&cursor=${data.cursor}`;
  }
  expect(seen).toEqual([lost, ...missed]);
  const filtered = await app.call('GET', `${path()}/posts?status=held&q=lost`);
  expect(filtered.body.data.posts.map(({ id }: { id: string }) => id)).toEqual([lost]);
});

test('held posts are counted by their reason, and the doctor points to their list', async () => {
  const { db } = app.database;
  await db.deleteFrom('posts').execute();
  const { run } = publishingCheck(app.database, app.clock);
  const held = async () => {
    app.clock.advance(10_000);
    return [
      await figure('pintail_posts_held{reason="missed"}'),
      await figure('pintail_posts_held{reason="lost_answer"}'),
    ];
  };
  expect(await held()).toEqual([0, 0]);
  expect((await run()).status).toBe('ok');
  await holdMissed();
  expect(await held()).toEqual([1, 0]);
  expect(await run()).toMatchObject({
    ...{ status: 'warning', message: expect.stringContaining('1 posts were missed') },
    fix: expect.stringContaining('status=held'),
  });
  await holdLost({ title: 'Another' });
  expect(await held()).toEqual([1, 1]);
  expect(await figure('pintail_posts{state="unknown"}')).toBe(0);
  expect(await run()).toMatchObject({
    ...{ status: 'failed', message: expect.stringContaining('1 posts are held') },
    fix: expect.stringContaining('status=held'),
  });
});

test('the table refuses a held post without a reason, and a reason without a held post', async () => {
  const id = await holdMissed();
  const set = (change: string) => app.database.pool.query(`update posts set ${change} where id = $1`, [id]);
  await expect(set('held_for = null')).rejects.toThrow(/held_has_reason/);
  await expect(set("state = 'queued', run_at = now()")).rejects.toThrow(/held_has_reason/);
  await expect(set("held_for = 'lost_answer', attempt_started_at = null")).rejects.toThrow(
    /attempt_is_recorded/,
  );
  await expect(set("state = 'unknown', held_for = null, attempt_started_at = now()")).rejects.toThrow(
    /unknown_will_run/,
  );
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

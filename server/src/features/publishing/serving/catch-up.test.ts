// Posts that could not be published at their time: published late, or held.
import { describe, expect, test } from 'vitest';
import { plainGrant } from '../../../../test/app.ts';
import { errorLevel } from '../../../../test/log.ts';
import {
  account,
  app,
  limitNextPin,
  minute,
  pinsHere,
  runAfter,
  usePublishing,
  worker,
} from '../../../../test/publishing.ts';
import { laneRow } from '../lane/lanes.fixture.ts';

usePublishing();

const hour = 60 * minute;
const path = () => `/v1/accounts/${account.accountId}`;
const sent = async () => (await pinsHere()).length;
const inMs = (ms: number) => new Date(app.clock.now().getTime() + ms).toISOString();

async function createPosts(titles: readonly string[], ms = minute) {
  const posts: { id: string; sendAt: number }[] = [];
  for (const title of titles)
    posts.push(await app.createPost(account, { title, sendAt: inMs(ms + posts.length * 1000) }));
  return posts;
}

async function titlesInOrder() {
  const pins = (await pinsHere()).sort((a, b) => Number(a.requestNumber) - Number(b.requestNumber));
  return pins.map((pin) => pin.title);
}

describe('publish', () => {
  test('after a downtime missed posts are published in order, a minute apart', async () => {
    await createPosts(['a', 'b', 'c']);
    await runAfter(hour);
    expect(await titlesInOrder()).toEqual(['a']);
    await runAfter(minute - 1);
    expect(await sent()).toBe(1);
    await runAfter(1);
    expect(await titlesInOrder()).toEqual(['a', 'b']);
    await runAfter(minute);
    expect(await titlesInOrder()).toEqual(['a', 'b', 'c']);
    expect(await app.app.lanes.sweepLanes(app.clock.now())).toBe(0);
  });

  test('when the missed posts are published, the next posts are not delayed', async () => {
    await createPosts(['a', 'b']);
    await runAfter(hour);
    await runAfter(minute);
    await createPosts(['c', 'd', 'e']);
    await runAfter(2 * minute);
    expect(await sent()).toBe(5);
  });

  test('posts a little late, and many due at once, are not missed', async () => {
    await createPosts(['a', 'b', 'c', 'd']);
    await runAfter(9 * minute);
    expect(await sent()).toBe(4);
  });

  test("missed posts are published at the account's own interval if that is longer", async () => {
    await app.call('PATCH', path(), { minIntervalSeconds: 600 });
    await createPosts(['a', 'b']);
    await runAfter(hour);
    await runAfter(9 * minute);
    expect(await sent()).toBe(1);
    await runAfter(minute);
    expect(await sent()).toBe(2);
  });

  test('an account that was without a token for hours catches up the same way', async () => {
    await app.faults([
      { operation: 'pins/create', when: 'before', kind: 'status', status: 401, code: 3, times: 1 },
    ]);
    await createPosts(['a', 'b', 'c']);
    await runAfter(2 * minute);
    for (let quarter = 0; quarter < 8; quarter += 1) await runAfter(15 * minute);
    const grant = { organizationId: app.organizationId, accessToken: account.accessToken, ...plainGrant };
    await app.app.accounts.connect(grant);
    await worker.runDue();
    expect(await sent()).toBe(1);
    await runAfter(minute);
    expect(await sent()).toBe(2);
  });

  test('an account that was paused for hours catches up the same way', async () => {
    await createPosts(['a', 'b']);
    await app.call('POST', `${path()}/pause`);
    await worker.runDue();
    await runAfter(3 * hour);
    await app.call('POST', `${path()}/resume`);
    await worker.runDue();
    expect(await titlesInOrder()).toEqual(['a']);
    await runAfter(minute);
    expect(await titlesInOrder()).toEqual(['a', 'b']);
  });
});

describe('hold', () => {
  test('missed posts are held with the reason, and delay no other post', async () => {
    await app.call('PATCH', path(), { missedPolicy: 'hold' });
    const [a, b] = await createPosts(['a', 'b']);
    await createPosts(['on time'], hour + 30 * minute);
    await runAfter(hour);
    expect(await sent()).toBe(0);
    for (const post of [a, b]) {
      expect(await app.getPost(account, post?.id ?? '')).toMatchObject({
        status: 'queued',
        missed: true,
        publication: 'needs_decision',
        sendAt: post?.sendAt,
        nextAttemptAt: null,
        attempts: 0,
        failure: { code: 'missed', remediation: expect.stringContaining('Schedule the post again') },
      });
    }
    const missed = await app.call('GET', `${path()}/posts?status=missed`);
    expect(missed.body.data.posts).toHaveLength(2);
    const { events } = (await app.call('GET', `${path()}/posts/${a?.id}/timeline`)).body.data;
    expect(events.at(-1)).toMatchObject({ type: 'post.held', message: expect.any(String) });
    const laneBefore = await laneRow();
    await runAfter(20 * minute);
    expect(await laneRow()).toEqual(laneBefore);
    await runAfter(11 * minute);
    expect(await titlesInOrder()).toEqual(['on time']);
    expect(await app.app.lanes.sweepLanes(app.clock.now())).toBe(0);
  });

  test('a held post that a person schedules again is published, and has no failure any more', async () => {
    await app.call('PATCH', path(), { missedPolicy: 'hold' });
    const [a, b] = await createPosts(['a', 'b']);
    await runAfter(hour);
    const again = await app.call('POST', `${path()}/posts/${a?.id}/schedule`, { sendAt: inMs(minute) });
    expect(again.body.data.post).toMatchObject({ status: 'queued', failure: null, missed: false });
    await runAfter(minute);
    expect(await titlesInOrder()).toEqual(['a']);
    expect((await app.call('DELETE', `${path()}/posts/${b?.id}`)).status).toBe(200);
  });

  test("a post that waits for the account's own pacing is not missed", async () => {
    await app.call('PATCH', path(), { missedPolicy: 'hold', minIntervalSeconds: 3600 });
    await createPosts(['a', 'b', 'c']);
    await runAfter(2 * minute);
    for (let round = 0; round < 2; round += 1) await runAfter(hour);
    expect(await titlesInOrder()).toEqual(['a', 'b', 'c']);
  });

  test('a post that was postponed by Pinterest is not missed', async () => {
    await app.call('PATCH', path(), { missedPolicy: 'hold' });
    const [a] = await createPosts(['a']);
    await limitNextPin({ 'retry-after': '3600' });
    await runAfter(minute);
    await runAfter(hour);
    expect(await app.getPost(account, a?.id ?? '')).toMatchObject({ status: 'sent', attempts: 2 });
  });
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

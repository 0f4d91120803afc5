// An account's own pacing: interval and daily limit. Pacing changes when posts are published, never their sendAt.
import { afterEach, describe, expect, test } from 'vitest';
import type { Json } from '../../../../test/app.ts';
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

usePublishing();

// After each step the sweeper must find no lanes, because a paced lane must not wake too late for its posts.
afterEach(async () => {
  expect(await app.app.lanes.sweepLanes(app.clock.now())).toBe(0);
});

const hour = 60 * minute;

const rules = (body: Json) => app.call('PATCH', `/v1/accounts/${account.accountId}`, body);
const sent = async () => (await pinsHere()).length;

/** Creates posts that are all due in a minute. */
async function createPosts(count: number) {
  const posts: { id: string; sendAt: number }[] = [];
  for (let index = 0; index < count; index += 1) {
    posts.push(await app.createPost(account, { title: `post ${index}` }));
  }
  return posts;
}

describe('minIntervalSeconds', () => {
  test('two Pins are at least the interval apart; the other posts wait, are not missed yet, and keep their sendAt', async () => {
    await rules({ minIntervalSeconds: 600 });
    const [first, second, third] = await createPosts(3);
    await runAfter(minute);
    expect(await sent()).toBe(1);
    expect(await app.getPost(account, first?.id ?? '')).toMatchObject({ status: 'sent' });
    for (const post of [second, third]) {
      expect(await app.getPost(account, post?.id ?? '')).toMatchObject({
        status: 'queued',
        missed: false,
        sendAt: post?.sendAt,
        attempts: 0,
        failure: null,
      });
    }
    await runAfter(10 * minute - 1);
    expect(await sent()).toBe(1);
    await runAfter(1);
    expect(await sent()).toBe(2);
    await runAfter(10 * minute);
    expect(await sent()).toBe(3);
    expect(await app.getPost(account, third?.id ?? '')).toMatchObject({
      status: 'sent',
      sendAt: third?.sendAt,
    });
  });

  test('the interval applies to another worker, and to a post that is added meanwhile', async () => {
    await rules({ minIntervalSeconds: 600 });
    await createPosts(1);
    await runAfter(minute);
    await app.createPost(account, { title: 'late' });
    await runAfter(minute, app.app.createWorker({ owner: 'another' }));
    expect(await sent()).toBe(1);
    await runAfter(9 * minute, app.app.createWorker({ owner: 'a third' }));
    expect(await sent()).toBe(2);
  });

  test('the interval of one account does not delay another account', async () => {
    await rules({ minIntervalSeconds: 600 });
    const otherAccount = await app.connectAccount();
    await createPosts(2);
    const theirs = [
      await app.createPost(otherAccount),
      await app.createPost(otherAccount, { title: 'Another' }),
    ];
    await runAfter(minute);
    for (const { id } of theirs)
      expect(await app.getPost(otherAccount, id)).toMatchObject({ status: 'sent' });
    expect(await sent()).toBe(1);
  });

  test('a shorter interval applies at once, a longer one from the last Pin on', async () => {
    await rules({ minIntervalSeconds: 86_400 });
    await createPosts(4);
    await runAfter(minute);
    await rules({ minIntervalSeconds: 1_200 });
    await runAfter(10 * minute);
    expect(await sent()).toBe(1);
    await rules({ minIntervalSeconds: 600 });
    await worker.runDue();
    expect(await sent()).toBe(2);
    await rules({ minIntervalSeconds: 0 });
    await worker.runDue();
    expect(await sent()).toBe(4);
    await createPosts(1);
    await rules({ minIntervalSeconds: 600 });
    await runAfter(minute);
    expect(await sent()).toBe(4);
    await runAfter(9 * minute);
    expect(await sent()).toBe(5);
  });

  test('a post whose answer was lost counts for the interval, because its Pin may exist; its confirmation does not wait', async () => {
    await rules({ minIntervalSeconds: 3_600 });
    const [lost, next] = await createPosts(2);
    await app.faults([{ operation: 'pins/create', when: 'after', kind: 'reset', times: 1 }]);
    await runAfter(minute);
    expect(await app.getPost(account, lost?.id ?? '')).toMatchObject({ publication: 'confirming' });
    expect(await app.getPost(account, next?.id ?? '')).toMatchObject({ status: 'queued', attempts: 0 });
    await runAfter(10_000);
    expect(await app.getPost(account, lost?.id ?? '')).toMatchObject({ status: 'sent', attempts: 1 });
    await runAfter(hour - 10_000 - 1);
    expect(await sent()).toBe(1);
    await runAfter(1);
    expect(await sent()).toBe(2);
  });

  test('a post whose answer was lost delays nothing when a person has said that it has no Pin', async () => {
    await rules({ minIntervalSeconds: 3_600 });
    const [lost, next] = await createPosts(2);
    await app.faults([{ operation: 'pins/create', when: 'before', kind: 'reset', times: 1 }]);
    await runAfter(minute);
    const path = `/v1/accounts/${account.accountId}/posts`;
    await app.call('DELETE', `${path}/${next?.id}`);
    await app.call('POST', `${path}/${lost?.id}/resolve`, { outcome: 'not_published' });
    await worker.runDue();
    expect(await sent()).toBe(1);
  });

  test('a changed rule does not end a rest that Pinterest asked for', async () => {
    const [post, next] = await createPosts(2);
    await limitNextPin({ 'retry-after': '300' });
    await runAfter(minute);
    await rules({ minIntervalSeconds: 10 });
    await worker.runDue();
    expect(await app.getPost(account, post?.id ?? '')).toMatchObject({ status: 'queued', attempts: 1 });
    expect(await app.getPost(account, next?.id ?? '')).toMatchObject({ status: 'queued', attempts: 0 });
    await runAfter(5 * minute);
    await runAfter(10_000);
    expect(await app.getPost(account, next?.id ?? '')).toMatchObject({ status: 'sent', attempts: 1 });
    expect(await app.getPost(account, post?.id ?? '')).toMatchObject({ status: 'sent', attempts: 2 });
  });
});

describe('dailyPinLimit', () => {
  test('a daily limit applies to any 24 hours: the next post is published when the oldest Pin is a day old', async () => {
    await rules({ dailyPinLimit: 2 });
    await app.createPost(account, { title: 'early' });
    await runAfter(minute);
    const later = await createPosts(3);
    await runAfter(hour);
    expect(await sent()).toBe(2);
    expect(await app.getPost(account, later[2]?.id ?? '')).toMatchObject({
      status: 'queued',
      missed: true,
      sendAt: later[2]?.sendAt,
    });
    // `early` was published an hour ago.
    await runAfter(23 * hour - 1);
    expect(await sent()).toBe(2);
    await runAfter(1);
    expect(await sent()).toBe(3);
    await runAfter(hour - 1);
    expect(await sent()).toBe(3);
    await runAfter(1);
    expect(await sent()).toBe(4);
  });

  test('a raised or removed daily limit applies at once; for a lowered one, earlier Pins count', async () => {
    await rules({ dailyPinLimit: 1 });
    await createPosts(5);
    await runAfter(minute);
    expect(await sent()).toBe(1);
    await rules({ dailyPinLimit: 3 });
    await worker.runDue();
    expect(await sent()).toBe(3);
    await rules({ dailyPinLimit: 2 });
    await worker.runDue();
    await runAfter(hour);
    expect(await sent()).toBe(3);
    await rules({ dailyPinLimit: null });
    await worker.runDue();
    expect(await sent()).toBe(5);
  });

  test('with an interval and a daily limit, the later moment applies', async () => {
    await rules({ dailyPinLimit: 2, minIntervalSeconds: 600 });
    await createPosts(3);
    await runAfter(minute);
    await runAfter(10 * minute);
    expect(await sent()).toBe(2);
    await runAfter(10 * minute);
    expect(await sent()).toBe(2);
    await runAfter(24 * hour - 20 * minute);
    expect(await sent()).toBe(3);
  });
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

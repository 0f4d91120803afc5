// How posts are delayed by Pinterest's limits per account and per app.
import { expect, test } from 'vitest';
import { testApp } from '../../../../test/app.ts';
import {
  account,
  app,
  limitNextPin,
  minute,
  pinsHere,
  runAfter,
  usePublishing,
} from '../../../../test/publishing.ts';
import { withCreatePin } from '../../../../test/with-create-pin.ts';
import { createPublishGate } from '../serving/publish-gate.ts';
import { createAppBudget } from './app-budget.ts';

usePublishing();

test('a rate limit delays the next attempt and all posts of the account, and does not change sendAt', async () => {
  const post = await app.createPost(account);
  await limitNextPin();
  await runAfter(minute);
  const waiting = await app.getPost(account, post.id);
  expect(waiting).toMatchObject({
    status: 'queued',
    sendAt: post.sendAt,
    missed: false,
    failure: { code: 'rate_limited' },
  });
  expect(waiting.nextAttemptAt).toBeGreaterThan(post.sendAt);
  const next = await app.createPost(account, {
    title: 'Next',
    sendAt: new Date(app.clock.now().getTime() + 1000).toISOString(),
  });
  await runAfter(1000);
  expect(await app.getPost(account, next.id)).toMatchObject({ status: 'queued' });
  await runAfter(minute);
  expect(await pinsHere()).toHaveLength(2);
});

test('a spent daily quota of an app also delays the other accounts of the app', async () => {
  const otherAccount = await app.connectAccount();
  const [post, others] = [
    await app.createPost(account),
    await app.createPost(otherAccount, { title: 'Other' }),
  ];
  await limitNextPin({ 'x-ratelimit-reset': '67150' });
  app.clock.advance(minute);
  // One account at a time, so that the second claims after the first has been refused.
  const single = app.app.createWorker({ lanesMax: 1 });
  await single.runDue();
  const waiting = [await app.getPost(account, post.id), await app.getPost(otherAccount, others.id)];
  expect(waiting.map(({ status, sendAt }) => [status, sendAt])).toEqual([
    ['queued', post.sendAt],
    ['queued', others.sendAt],
  ]);
  await runAfter(67_000_000);
  expect(await app.getPost(otherAccount, others.id)).toMatchObject({ status: 'queued' });
  await runAfter(200_000);
  expect([
    (await app.getPost(account, post.id)).status,
    (await app.getPost(otherAccount, others.id)).status,
  ]).toEqual(['sent', 'sent']);
});

test('a Trial app publishes 300 posts a day over all its accounts, and continues the next day', async () => {
  await app.database.db
    .insertInto('app_budgets')
    .values({
      app: `simulator:${testApp.appId}`,
      day: app.clock.now().toISOString().slice(0, 10),
      writes: 299,
    })
    .onConflict((conflict) =>
      conflict.column('app').doUpdateSet({ day: app.clock.now().toISOString().slice(0, 10), writes: 299 }),
    )
    .execute();
  const trial = app.app.createWorker({
    appBudget: createAppBudget({ ...app.parts, accessLevel: 'trial' }),
  });
  const [first, second] = [await app.createPost(account), await app.createPost(account, { title: 'Second' })];
  app.clock.advance(minute);
  await trial.runDue();
  expect(await app.getPost(account, first.id)).toMatchObject({ status: 'sent' });
  const waiting = await app.getPost(account, second.id);
  expect(waiting).toMatchObject({ status: 'queued', attempts: 0, failure: { code: 'rate_limited' } });
  expect(new Date(waiting.nextAttemptAt * 1000).toISOString()).toMatch(/T00:00:00/);
  app.clock.advance(waiting.nextAttemptAt * 1000 - app.clock.now().getTime());
  await trial.runDue();
  expect(await app.getPost(account, second.id)).toMatchObject({ status: 'sent' });
});

test("when an account's budget is used up, its next post waits for the reset instead of being refused", async () => {
  await app.control('POST', '/settings', { limits: { writesPerMinute: 1 } });
  const [first, second] = [await app.createPost(account), await app.createPost(account, { title: 'Second' })];
  await runAfter(minute);
  expect(await app.getPost(account, first.id)).toMatchObject({ status: 'sent' });
  expect(await app.getPost(account, second.id)).toMatchObject({ status: 'queued', attempts: 0 });
  await runAfter(minute);
  expect(await app.getPost(account, second.id)).toMatchObject({ status: 'sent', attempts: 1 });
  await app.control('POST', '/settings', { limits: { writesPerMinute: 100 } });
});

test('the number of posts of one app that are published at a time is limited over all accounts, and all of them are published', async () => {
  const accounts = [account, await app.connectAccount(), await app.connectAccount()];
  const posts: { of: typeof account; id: string }[] = [];
  for (const of of accounts) {
    for (const title of ['One', 'Two']) posts.push({ of, id: (await app.createPost(of, { title })).id });
  }
  const twoAsk = Promise.withResolvers<void>();
  let asking = 0;
  let most = 0;
  const counting = app.app.createWorker({
    publishGate: createPublishGate(2),
    pinterest: withCreatePin(app.app.pinterest, (createPin) => async (token, body) => {
      asking += 1;
      most = Math.max(most, asking);
      // The first waits for a second; a third would join them.
      if (asking === 2) twoAsk.resolve();
      await twoAsk.promise;
      const outcome = await createPin(token, body);
      asking -= 1;
      return outcome;
    }),
  });
  app.clock.advance(minute);
  await counting.runDue();
  expect(most).toBe(2);
  for (const { of, id } of posts) expect(await app.getPost(of, id)).toMatchObject({ status: 'sent' });
});

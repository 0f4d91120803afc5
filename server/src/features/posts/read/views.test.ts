// Fields of a post that follow from its account and from the time.
import { expect, test } from 'vitest';
import { account, app, minute, runAfter, usePublishing } from '../../../../test/publishing.ts';
import { created, inMs, pathOf, send } from '../posts.fixture.ts';

usePublishing();

test('pinUrl leads to the page of the Pin in the simulator', async () => {
  const draft = await created();
  expect(draft.pinUrl).toBeNull();
  const { id } = await created({ sendAt: inMs(minute) });
  await runAfter(minute);
  const post = await app.getPost(account, id);
  const page = await fetch(post.pinUrl);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining(post.title)]);
  const listed = (await send('GET', `${pathOf()}?status=sent`)).body.data.posts;
  expect(listed[0].pinUrl).toBe(post.pinUrl);
});

test.each(['production', 'sandbox'] as const)(
  'pinUrl of an account in %s is on pinterest.com',
  (environment) => {
    expect(app.parts.pinterest.pinUrl(environment, '123')).toBe('https://www.pinterest.com/pin/123/');
  },
);

test('a post is missed from a minute after its time, in its fields, the list and the event', async () => {
  const { id } = await created({ sendAt: inMs(minute) });
  const seen = async () => {
    const post = await app.getPost(account, id);
    const list = (await send('GET', `${pathOf()}?status=missed`)).body.data.posts;
    return [post.missed, list.length];
  };
  expect(await seen()).toEqual([false, 0]);
  app.clock.advance(minute);
  expect(await seen()).toEqual([false, 0]);
  app.clock.advance(minute - 1);
  expect(await seen()).toEqual([false, 0]);
  app.clock.advance(1);
  expect(await seen()).toEqual([true, 1]);
});

// The actor of each event of a post: the key of the request, or Pintail.
import { expect, test } from 'vitest';
import { account, app, useApp } from '../../../test/use-app.ts';
import { systemActor } from '../../platform/use-case/index.ts';

useApp({ accountPer: 'file' });

const actorsOf = async (postId: string) => {
  const { events } = (await app.call('GET', '/v1/events?limit=100')).body.data;
  return events
    .filter((event: { postId: string | null }) => event.postId === postId)
    .map(({ type, actor }: { type: string; actor: unknown }) => ({ type, actor }));
};

test('events and the timeline name the key that created, edited, unscheduled and deleted a post', async () => {
  const maker = await app.makeKey({ name: 'Maker' });
  const planner = await app.makeKey({ name: 'Planner' });
  const makerActor = { type: 'key', id: maker.id, name: 'Maker' };
  const plannerActor = { type: 'key', id: planner.id, name: 'Planner' };
  const post = await app.createPost(account, {}, maker.key);
  const path = `/v1/accounts/${account.accountId}/posts/${post.id}`;
  await app.call('PATCH', path, { title: 'Plum tart' }, planner.key);
  await app.call('POST', `${path}/unschedule`, undefined, planner.key);
  const timeline = (await app.call('GET', `${path}/timeline`)).body.data.events;
  expect(timeline.map((event: { actor: unknown }) => event.actor)).toEqual([
    makerActor,
    plannerActor,
    plannerActor,
  ]);
  await app.call('DELETE', path, undefined, maker.key);
  expect(await actorsOf(post.id)).toEqual([
    { type: 'post.created', actor: makerActor },
    { type: 'post.updated', actor: plannerActor },
    { type: 'post.unscheduled', actor: plannerActor },
    { type: 'post.deleted', actor: makerActor },
  ]);
});

test('the posts of a batch are created by the key that sent it', async () => {
  const sender = await app.makeKey({ name: 'Sender' });
  await app.call(
    'POST',
    `/v1/accounts/${account.accountId}/posts/batches`,
    { posts: [{ mediaUrl: app.picture(), title: 'Of a batch' }] },
    sender.key,
  );
  await app.app.jobs.runDue();
  const { events } = (await app.call('GET', '/v1/events?limit=100&type=post.created,batch.completed')).body
    .data;
  const actor = { type: 'key', id: sender.id, name: 'Sender' };
  expect(events.slice(-2)).toEqual([
    expect.objectContaining({ type: 'post.created', actor }),
    expect.objectContaining({ type: 'batch.completed', actor }),
  ]);
});

test('the actor of a publication is Pintail', async () => {
  const post = await app.createPost(account, { now: true, sendAt: undefined });
  await app.app.createWorker().runDue();
  expect((await actorsOf(post.id)).at(-1)).toEqual({ type: 'post.sent', actor: systemActor });
});

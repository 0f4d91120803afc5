// Events in the log and in messages to webhooks have one shape, with the own id and the Pin of a post.
import { expect, test } from 'vitest';
import { account, app, minute, runAfter, usePublishing } from '../../../test/publishing.ts';
import { readableEvents } from '../../../test/readable-events.ts';
import type { LoggedEvent } from '../events/index.ts';
import { act, created, edit, inMs, pathOf, send } from '../posts/posts.fixture.ts';
import { toMessage } from './sending/message.ts';

usePublishing();

async function eventsOf(postId: string) {
  await readableEvents(app.database.db);
  const { events } = (await send('GET', '/v1/events?limit=100')).body.data;
  return events.filter((event: { postId: string }) => event.postId === postId);
}

test('every event of a post has its externalId, and post.sent the address of the Pin', async () => {
  const sendAt = inMs(5 * minute);
  const { id } = await created({ sendAt, externalId: 'tart-1' });
  await edit(id, { title: 'New', externalId: 'tart-2' });
  await act(id, 'unschedule');
  await act(id, 'schedule', { sendAt });
  await runAfter(5 * minute);
  const events = await eventsOf(id);
  const seen = events.map(({ type, data }: { type: string; data: { externalId: string } }) => [
    type,
    data.externalId,
  ]);
  expect(seen).toEqual([
    // A post that is created with a time has no post.scheduled.
    ['post.created', 'tart-1'],
    ['post.updated', 'tart-2'],
    ['post.unscheduled', 'tart-2'],
    ['post.scheduled', 'tart-2'],
    ['post.publishing', 'tart-2'],
    ['post.sent', 'tart-2'],
  ]);
  const post = await app.getPost(account, id);
  const sent = await send('GET', `/v1/events?type=post.sent&accountId=${account.accountId}`);
  expect(sent.body.data.events).toEqual([events.at(-1)]);
  expect(events.at(-1).data).toMatchObject({ pinId: post.pinId, pinUrl: post.pinUrl });
});

test('the events of a disconnected account and of a deletion have the externalId too', async () => {
  const late = await created({ sendAt: inMs(minute), externalId: 'late' });
  const draft = await created({ externalId: 'draft' });
  await send('DELETE', `${pathOf()}/${draft.id}`);
  await send('DELETE', `/v1/accounts/${account.accountId}`);
  const ids = async (id: string) =>
    (await eventsOf(id)).map(({ type, data }: { type: string; data: { externalId: string } }) => [
      type,
      data.externalId,
    ]);
  expect(await ids(draft.id)).toContainEqual(['post.deleted', 'draft']);
  expect(await ids(late.id)).toContainEqual(['post.unscheduled', 'late']);
});

test('a message to a webhook has type, timestamp and data of the event in the log', async () => {
  const { id } = await created({ externalId: 'tart-1' });
  const [event] = await eventsOf(id);
  expect(event).toEqual({
    id: expect.stringMatching(/^evt_/),
    type: 'post.created',
    timestamp: new Date(event.timestamp).toISOString(),
    at: Math.floor(Date.parse(event.timestamp) / 1000),
    accountId: account.accountId,
    postId: id,
    actor: event.data.actor,
    data: {
      status: 'draft',
      sendAt: null,
      externalId: 'tart-1',
      accountId: account.accountId,
      postId: id,
      actor: { type: 'key', id: expect.any(String), name: expect.any(String) },
    },
  });
  const row = await app.database.db
    .selectFrom('events')
    .selectAll()
    .where('post_id', '=', id)
    .executeTakeFirstOrThrow();
  const delivery = { id: 1, webhook_id: 'whk_1', created_at: row.at, event: row as LoggedEvent };
  const { type, timestamp, data } = event;
  expect(JSON.parse(toMessage(delivery, app.clock.now()).body)).toEqual({ type, timestamp, data });
});

// Scheduling, unscheduling and deleting an existing post, and the versions that keep callers from overwriting each other.
import { describe, expect, test } from 'vitest';
import { account, app, minute, pinsHere, runAfter, usePublishing } from '../../../../test/publishing.ts';
import {
  act,
  complete,
  create,
  created,
  edit,
  inMs,
  pathOf,
  refusal,
  send,
  timeline,
  unix,
} from '../posts.fixture.ts';

usePublishing();

const remove = (id: string, headers: Record<string, string> = {}) =>
  send('DELETE', `${pathOf()}/${id}`, undefined, { headers });
const etag = async (id: string) => (await send('GET', `${pathOf()}/${id}`)).headers.get('etag') ?? '';

describe('ETag and If-Match', () => {
  test('create, get and every change return the ETag, and each change raises it', async () => {
    const answer = await create(complete());
    const { id } = answer.body.data.post;
    const seen = [answer.headers.get('etag')];
    expect(await etag(id)).toBe(seen[0]);
    for (const change of [
      () => edit(id, { title: 'Another' }),
      () => act(id, 'schedule', { sendAt: inMs(minute) }),
      () => act(id, 'unschedule'),
    ]) {
      const changed = await change();
      expect(changed.status).toBe(200);
      seen.push(changed.headers.get('etag'));
      expect(await etag(id)).toBe(seen.at(-1));
    }
    expect(new Set(seen).size).toBe(4);
    expect(seen[0]).toMatch(/^"[^"]+"$/);
  });

  test('an old version is refused by every change, with the present version, and changes nothing', async () => {
    const { id } = await created();
    const old = await etag(id);
    await edit(id, { title: 'Another' });
    const now = await etag(id);
    const before = await app.getPost(account, id);
    const headers = { 'if-match': old };
    for (const answer of [
      await edit(id, { title: 'Mine' }, headers),
      await act(id, 'schedule', { sendAt: inMs(minute) }, headers),
      await act(id, 'unschedule', undefined, headers),
      await remove(id, headers),
    ]) {
      expect(refusal(answer)).toEqual([412, 'PRECONDITION_FAILED', { 'If-Match': 'version_differs' }]);
      expect(answer.body.error.details[0].message).toContain(now);
    }
    expect(await app.getPost(account, id)).toEqual(before);
  });

  test('If-Match accepts the present version, a list that contains it, * and the weak form of a proxy, and refuses invalid tags', async () => {
    const { id } = await created();
    const step = async (make: (tag: string) => string, title: string) =>
      (await edit(id, { title }, { 'if-match': make(await etag(id)) })).status;
    expect(await step((tag) => tag, 'a')).toBe(200);
    expect(await step((tag) => `"x", ${tag}`, 'b')).toBe(200);
    expect(await step(() => '*', 'c')).toBe(200);
    expect(await step((tag) => `W/${tag}`, 'd')).toBe(200);
    expect(await step((tag) => tag.replace(/"$/, '-gzip"'), 'e')).toBe(200);
    expect(await step((tag) => tag.replaceAll('"', ''), 'f')).toBe(412);
    expect((await remove(id, { 'if-match': await etag(id) })).status).toBe(200);
  });

  test('of ten concurrent edits of one version exactly one succeeds', async () => {
    const { id } = await created();
    const headers = { 'if-match': await etag(id) };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => edit(id, { title: `Edit ${index}` }, headers)),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.every((status) => [200, 409, 412].includes(status))).toBe(true);
  });
});

describe('schedule', () => {
  test('a post is scheduled by exactly one of now, the next open slot and a time', async () => {
    const { id } = await created();
    expect(refusal(await act(id, 'schedule', {}))[2]).toEqual({ sendAt: 'required' });
    expect(refusal(await act(id, 'schedule', { now: true, useNextOpenSlot: true }))[2]).toEqual({
      now: 'not_together',
    });
    expect(refusal(await act(id, 'schedule', { useNextOpenSlot: true }))[2]).toEqual({ '': 'no_timeslots' });
    await send('POST', `/v1/accounts/${account.accountId}/timeslots`, {
      dayPreference: 1,
      timePreference: '09:00',
      timezone: 'UTC',
    });
    const placed = await act(id, 'schedule', { useNextOpenSlot: true });
    expect(new Date(placed.body.data.post.sendAt * 1000).toISOString()).toMatch(/T09:00:00/);
    const atOnce = await act(id, 'schedule', { now: true });
    expect(atOnce.body.data.post).toMatchObject({ status: 'queued', sendAt: unix(app.clock.now()) });
    await runAfter(1);
    expect(await pinsHere()).toHaveLength(1);
  });

  test('scheduling on another board clears the section, and on the same board does not', async () => {
    const own = await app.connectAccount({ boards: ['One', 'Two'], sections: ['Summer'] });
    const list = await app.call('GET', `/v1/accounts/${own.accountId}/boards/${own.boards.One}/sections`);
    const boardSectionId = list.body.data.sections[0].id;
    const answer = await create(complete({ boardId: own.boards.One, boardSectionId }), own);
    const path = `${pathOf(own)}/${answer.body.data.post.id}/schedule`;
    const same = await send('POST', path, { sendAt: inMs(minute), boardId: own.boards.One });
    expect(same.body.data.post.boardSectionId).toBe(boardSectionId);
    const other = await send('POST', path, { sendAt: inMs(minute), boardId: own.boards.Two });
    expect(other.body.data.post).toMatchObject({ boardId: own.boards.Two, boardSectionId: null });
  });

  test('an edit during scheduling is not lost, and the scheduled post is complete', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { id } = await created({ url: `https://example.com/${round}` });
      const change = round % 2 ? { title: null } : { boardId: account.boards.Garden };
      const [edited, scheduled] = await Promise.all([
        edit(id, change),
        act(id, 'schedule', { sendAt: inMs(3600_000) }),
      ]);
      const post = await app.getPost(account, id);
      for (const { status } of [edited, scheduled]) expect([200, 400, 409]).toContain(status);
      if (edited.status === 200) expect(post).toMatchObject(change);
      if (scheduled.status === 200)
        expect(post).toMatchObject({ status: 'queued', title: expect.any(String) });
    }
  });
});

describe('unschedule', () => {
  test('an unscheduled post becomes a draft with everything but its time; a draft cannot be unscheduled', async () => {
    const post = await created({ sendAt: inMs(minute), tags: ['a'], externalId: 'unscheduled' });
    const answer = await act(post.id, 'unschedule');
    expect(answer.body.data.post).toEqual({
      ...post,
      status: 'draft',
      publication: 'none',
      sendAt: null,
      nextAttemptAt: null,
    });
    await runAfter(2 * minute);
    expect(await pinsHere()).toEqual([]);
    expect(refusal(await act(post.id, 'unschedule'))).toEqual([
      409,
      'CONFLICT',
      { '': 'unschedule_not_allowed' },
    ]);
    expect((await timeline(post.id)).at(-1)).toMatchObject({
      type: 'post.unscheduled',
      message: 'A draft again.',
    });
  });

  test('a failed post that is unscheduled becomes a draft without its failure', async () => {
    await app.faults([{ operation: 'pins/create', kind: 'status', status: 400, times: 1 }]);
    const post = await created({ sendAt: inMs(minute) });
    await runAfter(minute);
    expect((await app.getPost(account, post.id)).status).toBe('failed');
    const answer = await act(post.id, 'unschedule');
    expect(answer.body.data.post).toMatchObject({ status: 'draft', failure: null });
  });
});

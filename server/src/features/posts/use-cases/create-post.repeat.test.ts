// Protection against repeated creates: externalId and Idempotency-Key.
import { describe, expect, test } from 'vitest';
import { account, app, usePublishing } from '../../../../test/publishing.ts';
import {
  complete,
  create,
  created,
  edit,
  inMs,
  newPicture,
  pathOf,
  refusal,
  send,
  stored,
} from '../posts.fixture.ts';

usePublishing();

describe('externalId', () => {
  test('an externalId of another post of the account is refused with the id of that post', async () => {
    const first = await created({ externalId: 'shop-1' });
    const again = await create(complete({ externalId: 'shop-1' }));
    expect(refusal(again)).toEqual([409, 'CONFLICT', { externalId: 'external_id_taken' }]);
    expect(again.body.error.details[0].message).toContain(first.id);
    // Another account has posts of its own.
    const secondAccount = await app.connectAccount();
    const there = await create(
      complete({ externalId: 'shop-1', boardId: secondAccount.boards.Recipes }),
      secondAccount,
    );
    expect(there.status).toBe(201);
  });

  test('an externalId is free after its post is deleted or gets another one', async () => {
    const first = await created({ externalId: 'shop-2' });
    await send('DELETE', `${pathOf()}/${first.id}`);
    const second = await created({ externalId: 'shop-2' });
    await edit(second.id, { externalId: null });
    expect((await created({ externalId: 'shop-2' })).externalId).toBe('shop-2');
  });

  test('of twenty simultaneous creates with one externalId, one succeeds and the others are refused', async () => {
    const { id: mediaId } = await newPicture();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        create(complete({ mediaUrl: undefined, mediaId, externalId: 'race' })),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)]);
    for (const answer of answers.filter(({ status }) => status === 409)) {
      expect(refusal(answer)[2]).toEqual({ externalId: 'external_id_taken' });
    }
  });

  test('two simultaneous edits, or two entries of one bulk edit, cannot set the same externalId', async () => {
    const [initial, second] = [await created(), await created()];
    const answers = await Promise.all([
      edit(initial.id, { externalId: 'edited' }),
      edit(second.id, { externalId: 'edited' }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const bulk = await send('PATCH', pathOf(), {
      posts: [
        { id: initial.id, externalId: 'both' },
        { id: second.id, externalId: 'both' },
      ],
    });
    expect(refusal(bulk)).toEqual([409, 'CONFLICT', { 'posts.1.externalId': 'external_id_taken' }]);
  });
});

describe('Idempotency-Key', () => {
  const withKey = (key: string, body: object) =>
    send('POST', pathOf(), body, { headers: { 'idempotency-key': key } });

  test('fifty simultaneous requests with one Idempotency-Key create one post, and each answer shows it', async () => {
    const before = await stored();
    const body = complete({ sendAt: inMs(3600_000) });
    const answers = await Promise.all(Array.from({ length: 50 }, () => withKey('fifty', body)));
    const done = answers.filter(({ status }) => status === 201);
    const inProgress = answers.filter(({ status }) => status === 409);
    expect(done.length).toBeGreaterThan(0);
    expect(done.length + inProgress.length).toBe(50);
    for (const { body } of inProgress) expect(body.error.code).toBe('IDEMPOTENCY_IN_PROGRESS');
    expect(new Set(done.map(({ text }) => text)).size).toBe(1);
    expect((await stored()).posts).toBe(before.posts + 1);
    expect((await stored()).events).toBe(before.events + 1);
    const later = await withKey('fifty', body);
    expect([later.status, later.text]).toEqual([201, done[0]?.text]);
    expect(later.headers.get('idempotent-replayed')).toBe('true');
    expect(later.headers.get('etag')).toBe(done[0]?.headers.get('etag'));
  });

  test('a refused create can be repeated with the same Idempotency-Key after its cause is fixed', async () => {
    await app.faults([{ operation: 'boards/list', kind: 'status', status: 500, times: 20 }]);
    const fresh = await app.connectAccount();
    const body = complete({ boardId: fresh.boards.Recipes });
    const path = pathOf(fresh);
    const first = await send('POST', path, body, { headers: { 'idempotency-key': 'again' } });
    expect(first.status).toBe(503);
    await app.clearFaults();
    const second = await send('POST', path, body, { headers: { 'idempotency-key': 'again' } });
    expect(second.status).toBe(201);
    expect(account.accountId).not.toBe(fresh.accountId);
  });
});

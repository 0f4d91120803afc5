import { describe, expect, test } from 'vitest';
import { plainGrant } from '../../../../test/app.ts';
import { errorLevel } from '../../../../test/log.ts';
import {
  account,
  app,
  expectAdopted,
  minute,
  pinsHere,
  runAfter,
  usePublishing,
  worker,
} from '../../../../test/publishing.ts';

usePublishing();

describe('on time', () => {
  test('a scheduled post is published at its time, not before, with all its fields', async () => {
    const post = await app.createPost(account, { altText: 'A lemon tart' });
    await runAfter(minute - 1);
    expect(await pinsHere()).toEqual([]);
    await runAfter(1);
    const [pin, ...others] = await pinsHere();
    expect(others).toEqual([]);
    expect(pin).toMatchObject({
      title: 'Lemon tart',
      description: 'Crisp, sour, done in an hour.',
      link: 'https://example.com/lemon-tart',
      altText: 'A lemon tart',
      sourceType: 'image_base64',
      imageSha256: post.media.sha256,
    });
    expect(await app.getPost(account, post.id)).toMatchObject({
      status: 'sent',
      publication: 'done',
      pinId: pin?.id,
      pinUrl: app.parts.pinterest.pinUrl('simulator', String(pin?.id)),
      sentAt: Math.floor(app.clock.now().getTime() / 1000),
      attempts: 1,
      failure: null,
    });
  });

  test('the posts of an account are published in the order of their times, several in one run', async () => {
    const titles = ['third', 'first', 'second'];
    const seconds = [30, 10, 20];
    for (const [index, title] of titles.entries()) {
      const sendAt = new Date(app.clock.now().getTime() + (seconds[index] ?? 0) * 1000).toISOString();
      await app.createPost(account, { title, sendAt });
    }
    await runAfter(minute);
    const pins = (await pinsHere()).sort((a, b) => Number(a.requestNumber) - Number(b.requestNumber));
    expect(pins.map((pin) => pin.title)).toEqual(['first', 'second', 'third']);
  });

  test('more posts than one lease serves are all published', async () => {
    for (let index = 0; index < 23; index += 1) await app.createPost(account, { title: `post ${index}` });
    await runAfter(minute);
    expect(await pinsHere()).toHaveLength(23);
  });

  test('a post rescheduled to an earlier time is published then; a post deleted or moved to a later time is not published', async () => {
    const path = `/v1/accounts/${account.accountId}/posts`;
    const sendAt = (ms: number) => ({ sendAt: new Date(app.clock.now().getTime() + ms).toISOString() });
    const earlier = await app.createPost(account, { title: 'earlier', ...sendAt(60 * minute) });
    const later = await app.createPost(account, { title: 'later', ...sendAt(minute) });
    const deleted = await app.createPost(account, { title: 'deleted', ...sendAt(minute) });
    await app.call('POST', `${path}/${earlier.id}/schedule`, sendAt(minute));
    await app.call('POST', `${path}/${later.id}/schedule`, sendAt(60 * minute));
    await app.call('DELETE', `${path}/${deleted.id}`);
    await runAfter(2 * minute);
    expect((await pinsHere()).map((pin) => pin.title)).toEqual(['earlier']);
  });
});

describe('once: a lost answer is resolved by searching', () => {
  test.each([
    { name: 'a 503 after the Pin was made', fault: { kind: 'status', status: 503 } },
    { name: 'a connection cut after the Pin was made', fault: { kind: 'reset' } },
    { name: 'an answer cut in the middle', fault: { kind: 'truncate' } },
    { name: 'code 2787 after the Pin was made', fault: { kind: 'status', status: 500, code: 2787 } },
  ])('$name: the Pin is found and adopted', async ({ fault }) => {
    const post = await app.createPost(account);
    await app.faults([{ operation: 'pins/create', when: 'after', times: 1, ...fault }]);
    await runAfter(minute);
    expect(await app.getPost(account, post.id)).toMatchObject({
      status: 'uploading',
      publication: 'confirming',
      pinId: null,
      failure: { code: expect.any(String) },
    });
    await runAfter(10_000);
    await expectAdopted(post.id);
  });

  test('a post without a Pin is published again after the last search, and there is one Pin', async () => {
    const post = await app.createPost(account);
    await app.faults([{ operation: 'pins/create', when: 'before', kind: 'status', status: 502, times: 1 }]);
    await runAfter(minute);
    for (const seconds of [10, 30, 120]) {
      await runAfter(seconds * 1000);
      expect(await app.getPost(account, post.id)).toMatchObject({ publication: 'confirming' });
      expect(await pinsHere()).toEqual([]);
    }
    await runAfter(600_000);
    expect(await pinsHere()).toHaveLength(1);
    expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent', attempts: 2 });
  });

  test('while Pinterest cannot be searched, nothing is created and no search is counted', async () => {
    const post = await app.createPost(account);
    await app.faults([
      { operation: 'pins/create', when: 'after', kind: 'reset', times: 1 },
      { operation: 'boards/list_pins', when: 'before', kind: 'status', status: 503, times: 5 },
    ]);
    await runAfter(minute);
    for (let round = 0; round < 5; round += 1) await runAfter(2 * minute);
    expect(await app.getPost(account, post.id)).toMatchObject({ publication: 'confirming' });
    await runAfter(2 * minute);
    expect(await pinsHere()).toHaveLength(1);
    expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent', attempts: 1 });
  });

  test('an equal post waits until the lost one is resolved; other posts do not', async () => {
    const lost = await app.createPost(account);
    const sendAt = new Date(app.clock.now().getTime() + minute + 1000).toISOString();
    const twin = await app.createPost(account, { sendAt });
    const otherPost = await app.createPost(account, { title: 'Another', sendAt });
    await app.faults([{ operation: 'pins/create', when: 'after', kind: 'reset', times: 1 }]);
    await runAfter(minute);
    await runAfter(1000);
    expect(await app.getPost(account, otherPost.id)).toMatchObject({ status: 'sent' });
    expect(await app.getPost(account, twin.id)).toMatchObject({ status: 'queued', missed: false });
    await runAfter(10_000);
    const [first, second] = [await app.getPost(account, lost.id), await app.getPost(account, twin.id)];
    expect([first.status, second.status]).toEqual(['sent', 'sent']);
    expect(first.pinId).not.toBe(second.pinId);
    expect(await pinsHere()).toHaveLength(3);
  });

  test('a worker that died during a create leaves a post that is confirmed, not created again', async () => {
    const post = await app.createPost(account);
    app.clock.advance(minute);
    const dying = app.dyingWorker({ before: 'settle' });
    await dying.runDue();
    expect(await pinsHere()).toHaveLength(1);
    await runAfter(app.parts.config.leaseMs);
    await runAfter(10_000);
    expect(await pinsHere()).toHaveLength(1);
    expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent', attempts: 1 });
  });

  test('a worker that died before the create leaves a post that is published normally', async () => {
    const post = await app.createPost(account);
    app.clock.advance(minute);
    await app.dyingWorker({ before: 'ask' }).runDue();
    expect(await pinsHere()).toHaveLength(0);
    await runAfter(app.parts.config.leaseMs);
    expect(await pinsHere()).toHaveLength(1);
    expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent', attempts: 1 });
  });
});

describe('explained', () => {
  test('a refusal fails the post with reason and remediation, and it can be scheduled again', async () => {
    const post = await app.createPost(account);
    await app.faults([
      {
        operation: 'pins/create',
        when: 'before',
        kind: 'status',
        status: 404,
        code: 40,
        message: 'Board not found.',
        times: 1,
      },
    ]);
    await runAfter(minute);
    expect(await app.getPost(account, post.id)).toMatchObject({
      status: 'failed',
      publication: 'failed',
      nextAttemptAt: null,
      failure: { code: 'board_not_found', message: expect.any(String), remediation: expect.any(String) },
    });
    const list = await app.call('GET', `/v1/accounts/${account.accountId}/posts?status=failed`);
    expect(list.body.data.posts.map((entry: { id: string }) => entry.id)).toEqual([post.id]);
    const again = await app.call('POST', `/v1/accounts/${account.accountId}/posts/${post.id}/schedule`, {
      sendAt: new Date(app.clock.now().getTime() + minute).toISOString(),
    });
    expect(again.body.data.post).toMatchObject({ status: 'queued', failure: null });
    await runAfter(minute);
    expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent' });
  });

  test.each([
    { code: 2, reason: 'token_invalid' },
    { code: 3, reason: 'scope_missing' },
  ])(
    'a refused token (code $code) keeps the queue; connecting again sends it out',
    async ({ code, reason }) => {
      const post = await app.createPost(account);
      await app.faults([
        { operation: 'pins/create', when: 'before', kind: 'status', status: 401, code, times: 1 },
      ]);
      await runAfter(minute);
      expect(await app.getPost(account, post.id)).toMatchObject({
        status: 'queued',
        failure: { code: reason },
      });
      const { body } = await app.call('GET', '/v1/accounts');
      const shown = body.data.accounts.find((entry: { id: string }) => entry.id === account.accountId);
      expect(shown).toMatchObject({ tokenAuthorized: false, tokenStatus: 'unauthorized' });
      await runAfter(60 * minute);
      expect(await pinsHere()).toEqual([]);
      await app.app.accounts.connect({
        organizationId: app.organizationId,
        accessToken: account.accessToken,
        ...plainGrant,
      });
      await worker.runDue();
      expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent' });
    },
  );

  test('missing media postpone the post, and it is published when they exist again', async () => {
    const post = await app.createPost(account);
    await app.withoutMedia(async () => {
      await runAfter(minute);
      expect(await app.getPost(account, post.id)).toMatchObject({
        status: 'queued',
        attempts: 0,
        failure: { code: 'media_unavailable' },
      });
    });
    await runAfter(60 * minute);
    expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent' });
  });
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

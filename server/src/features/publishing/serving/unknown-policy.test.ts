// The policy for a lost answer when the last search has found no Pin.
import { beforeEach, expect, test } from 'vitest';
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

usePublishing();
beforeEach(async () => {
  await app.call('PATCH', `/v1/accounts/${account.accountId}`, { unknownPolicy: 'ask' });
});

const pathOf = (id: string) => `/v1/accounts/${account.accountId}/posts/${id}`;

/** Publishes with a lost answer, and runs all searches. */
async function loseAndLook(when: 'before' | 'after') {
  const post = await app.createPost(account);
  await app.faults([{ operation: 'pins/create', when, kind: 'reset', times: 1 }]);
  await runAfter(minute);
  for (const seconds of [10, 30, 120, 600]) await runAfter(seconds * 1000);
  return post;
}

test('ask: without a match the post is held, and is never published again automatically', async () => {
  const post = await loseAndLook('before');
  await runAfter(48 * 60 * minute);
  expect(await pinsHere()).toEqual([]);
  expect(await app.getPost(account, post.id)).toMatchObject({
    status: 'uploading',
    publication: 'needs_decision',
    attempts: 1,
    nextAttemptAt: null,
    failure: {
      code: 'waits_for_decision',
      remediation: expect.stringContaining('/posts/{postId}/resolve'),
      retryable: false,
    },
  });
  const answer = await app.call('POST', `${pathOf(post.id)}/resolve`, { outcome: 'not_published' });
  expect(answer.body.data.post).toMatchObject({ status: 'queued', failure: null });
  await worker.runDue();
  expect(await pinsHere()).toHaveLength(1);
  expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent', attempts: 2 });
});

test('ask: a Pin that is found resolves the post without a person', async () => {
  const post = await loseAndLook('after');
  expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent', attempts: 1 });
  expect(await pinsHere()).toHaveLength(1);
});

test('ask: the timeline shows why the post is held', async () => {
  const post = await loseAndLook('before');
  const { events } = (await app.call('GET', `${pathOf(post.id)}/timeline`)).body.data;
  expect(events.at(-1)).toMatchObject({
    type: 'post.held',
    attempt: 1,
    outcome: 'not_found',
    message: expect.stringContaining('set to ask a person'),
  });
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

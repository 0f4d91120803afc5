// A plain use of operations that other tests use only in edge cases. The examples of the reference come from here.
import { beforeAll, expect, test } from 'vitest';
import { account, app, useApp } from '../../../test/use-app.ts';

useApp({ accountPer: 'file' });

let path: string;

beforeAll(() => {
  path = `/v1/accounts/${account.accountId}/posts`;
});

test('a post is edited, alone and with others', async () => {
  const post = await app.createPost(account);
  const edited = await app.call('PATCH', `${path}/${post.id}`, { title: 'Lemon tart with basil' });
  expect([edited.status, edited.body.data.post.title]).toEqual([200, 'Lemon tart with basil']);
  const many = await app.call('PATCH', path, {
    posts: [{ id: post.id, altText: 'A tart on a blue plate.' }],
  });
  expect(many.status).toBe(200);
});

test('a post is checked without being stored', async () => {
  const answer = await app.call('POST', `${path}/validate`, { mediaUrl: app.picture(), title: 'Lemon tart' });
  expect([answer.status, answer.body.data.ok]).toEqual([200, true]);
});

test('a batch is created and read', async () => {
  const body = { posts: [{ mediaUrl: app.picture(), title: 'Lemon tart' }] };
  const accepted = await app.call('POST', `${path}/batches`, body);
  expect([accepted.status, accepted.body.data.batch.total]).toEqual([202, 1]);
  const batch = await app.call('GET', `${path}/batches/${accepted.body.data.batch.id}`);
  expect([batch.status, batch.body.data.batch.pending]).toEqual([200, 1]);
});

test('a picture is added by its URL', async () => {
  expect((await app.call('POST', '/v1/media', { url: app.picture() })).status).toBe(201);
});

// Editing many posts at once: all or none, dry runs, and the undo of an edit.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../test/app.ts';
import { account, app, minute, usePublishing } from '../../../../test/publishing.ts';
import {
  created,
  edit,
  inMs,
  insertPosts,
  newPicture,
  newVideo,
  pathOf,
  refusal,
  send,
  stored,
} from '../posts.fixture.ts';

usePublishing();

const editMany = (posts: Json[], more: Json = {}) => send('PATCH', pathOf(), { posts, ...more });

async function drafts(count: number): Promise<string[]> {
  const { id: mediaId } = await newPicture();
  return insertPosts(
    mediaId,
    Array.from({ length: count }, (_, index) => ({ title: `Post ${index}` })),
  );
}

const list = async () => (await app.call('GET', `${pathOf()}?status=draft&limit=100`)).body.data.posts;

describe('all or none', () => {
  test('five hundred posts are edited at once, and each is found by its new words', async () => {
    const ids = await drafts(500);
    const answer = await editMany(ids.map((id, index) => ({ id, title: `Zitrone ${index}`, tags: ['new'] })));
    expect([answer.status, answer.body.error]).toEqual([200, undefined]);
    expect(answer.body.data.posts.map(({ id }: Json) => id)).toEqual(ids);
    expect(answer.body.data.previous[499]).toEqual({ id: ids[499], title: 'Post 499', tags: [] });
    const { posts } = (await app.call('GET', `${pathOf()}?status=draft&q=zitrone&tag=new&limit=100`)).body
      .data;
    expect(posts).toHaveLength(100);
    expect((await app.call('GET', `${pathOf()}?status=draft&q=post`)).body.data.posts).toEqual([]);
  }, 60_000);

  test('an invalid entry of five hundred prevents all edits, and every invalid entry is reported', async () => {
    const ids = await drafts(500);
    const before = await list();
    const counted = await stored();
    const answer = await editMany(
      ids.map((id, index) => ({
        id,
        title: 'Changed',
        ...(index % 200 === 77 && { boardId: '404' }),
        ...(index === 400 && { mediaId: 'med_none' }),
      })),
    );
    expect(refusal(answer)).toEqual([
      400,
      'BAD_REQUEST',
      {
        'posts.77.boardId': 'board_not_found',
        'posts.277.boardId': 'board_not_found',
        'posts.477.boardId': 'board_not_found',
        'posts.400.mediaId': 'media_not_found',
      },
    ]);
    expect(await list()).toEqual(before);
    expect(await stored()).toEqual(counted);
  }, 60_000);

  test('queued posts that would lose required fields, and sent posts, are reported by index', async () => {
    const [queued, secondQueued, sent] = [
      await created({ sendAt: inMs(minute) }),
      await created({ sendAt: inMs(minute) }),
      await created(),
    ];
    const losing = await editMany([
      { id: queued.id, title: null },
      { id: sent.id, title: null },
      { id: secondQueued.id, url: null },
    ]);
    expect(refusal(losing)[2]).toEqual({ 'posts.0.title': 'required', 'posts.2.url': 'required' });
    expect(await app.getPost(account, sent.id)).toEqual(sent);
    const taken = await editMany([
      { id: sent.id, externalId: 'mine' },
      { id: queued.id, externalId: 'yours' },
    ]);
    expect(taken.status).toBe(200);
    const again = await editMany([
      { id: secondQueued.id, externalId: 'mine' },
      { id: queued.id, externalId: 'mine' },
    ]);
    expect(refusal(again)).toEqual([
      409,
      'CONFLICT',
      { 'posts.0.externalId': 'external_id_taken', 'posts.1.externalId': 'external_id_taken' },
    ]);
  });

  test('a bulk edit with unknown ids, wrong fields, a repeated post, no post or too many posts is refused', async () => {
    const post = await created();
    const unknown = await editMany([
      { id: 'post_none', title: 'a' },
      { id: post.id, title: 'a' },
      { id: '\0', title: 'a' },
    ]);
    expect(refusal(unknown)).toEqual([
      404,
      'NOT_FOUND',
      { 'posts.0.id': 'post_not_found', 'posts.2.id': 'post_not_found' },
    ]);
    const wrong = await editMany([{ id: post.id, title: 'x'.repeat(101), sendAt: inMs(1) }, { id: 'x' }]);
    expect(refusal(wrong)[2]).toEqual({
      'posts.0.title': 'too_long',
      'posts.0.sendAt': 'unknown_field',
      'posts.1': 'required',
    });
    const twice = await editMany([
      { id: post.id, title: 'a' },
      { id: post.id, title: 'b' },
    ]);
    expect(refusal(twice)[2]).toEqual({ posts: 'repeated' });
    expect(refusal(await editMany([]))[2]).toEqual({ posts: 'too_small' });
    const many = Array.from({ length: 501 }, (_, index) => ({ id: `post_${index}`, title: 'a' }));
    expect(refusal(await editMany(many))[2]).toEqual({ posts: 'too_large' });
    const secondAccount = await app.connectAccount();
    const elsewhere = await send('PATCH', pathOf(secondAccount), { posts: [{ id: post.id, title: 'a' }] });
    expect(refusal(elsewhere)[2]).toEqual({ 'posts.0.id': 'post_not_found' });
  });

  test('two simultaneous bulk edits of the same posts in opposite order run one after the other', async () => {
    const ids = await drafts(60);
    const answers = await Promise.all([
      editMany(ids.map((id) => ({ id, description: 'first' }))),
      editMany(ids.toReversed().map((id) => ({ id, description: 'second' }))),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(new Set((await list()).map(({ description }: Json) => description)).size).toBe(1);
  });
});

test('a dry run of a bulk edit shows the result and changes nothing', async () => {
  const post = await created();
  const before = await stored();
  const answer = await editMany([{ id: post.id, title: 'Tried', boardId: account.boards.Garden }], {
    dryRun: true,
  });
  expect(answer.body.data).toMatchObject({
    dryRun: true,
    posts: [{ id: post.id, title: 'Tried', boardId: account.boards.Garden }],
    previous: [{ id: post.id, title: 'Lemon tart', boardId: account.boards.Recipes }],
  });
  expect(await app.getPost(account, post.id)).toEqual(post);
  expect(await stored()).toEqual(before);
  expect(refusal(await editMany([{ id: post.id, boardId: '1' }], { dryRun: true }))[0]).toBe(400);
});

test('sending `previous` of a bulk edit restores the posts, whatever was edited', async () => {
  const [picture, two, three] = [await newPicture(), await newPicture(), await newPicture()];
  const clip = await newVideo();
  const start = [
    await created({ tags: ['a'], externalId: 'a' }),
    await created({ mediaUrl: undefined, mediaId: clip.id, cover: { seconds: 2 }, altText: 'x' }),
    await created({
      mediaUrl: undefined,
      carousel: [{ mediaId: picture.id, title: 'I' }, { mediaId: two.id }],
    }),
    (await app.call('POST', pathOf(), { mediaUrl: app.picture() })).body.data.post,
  ];
  const text = fc.option(fc.string({ maxLength: 20, unit: 'grapheme' }), { nil: null });
  const media = fc.constantFrom<Json>(
    {},
    {},
    { mediaId: three.id },
    { mediaId: clip.id, mediaType: 'video', cover: { mediaId: picture.id } },
    { carousel: [{ mediaId: two.id }, { mediaId: three.id, description: 'III' }] },
    { carousel: null },
    { cover: null },
  );
  const fields = fc.record(
    {
      title: text,
      description: text,
      url: fc.constantFrom(null, 'https://example.com/x', 'https://example.com/%C3%A4?b=1'),
      boardId: fc.constantFrom(null, account.boards.Garden),
      altText: text,
      isSimplifiedPin: fc.boolean(),
      productTagPinIds: fc.uniqueArray(fc.constantFrom('1', '2', '3')),
      tags: fc.uniqueArray(fc.constantFrom('a', 'b', 'c d')),
      externalId: fc.constant(null),
    },
    { requiredKeys: [] },
  );
  const change = fc.tuple(fields, media).map(([own, ofMedia]): Json => ({ ...own, ...ofMedia }));
  const isTold = (answer: { status: number; text: string }) => expect(answer.status, answer.text).toBe(200);
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 4, maxLength: 4 }), async (changes) => {
      const posts = changes.flatMap((edit, index) =>
        Object.keys(edit).length === 0 ? [] : [{ id: start[index].id, ...edit }],
      );
      if (posts.length === 0) return;
      const answer = await editMany(posts);
      isTold(answer);
      isTold(await editMany(answer.body.data.previous));
      for (const post of start) {
        const now = await app.getPost(account, post.id);
        // Media come back by their id.
        expect([post.sourceMediaUrl, null]).toContain(now.sourceMediaUrl);
        expect({ ...now, sourceMediaUrl: post.sourceMediaUrl }).toEqual(post);
      }
    }),
    { numRuns: 40 },
  );
  expect((await edit(start[0].id, { title: 'still editable' })).status).toBe(200);
}, 120_000);

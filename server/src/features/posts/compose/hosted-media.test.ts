// Media by the URL of its hosted copy, on a server that cannot reach its own public address.
import { describe, expect, test } from 'vitest';
import { account, app, usePublishing } from '../../../../test/publishing.ts';
import { runBatch, runSheet } from '../batches/batches.fixture.ts';
import {
  complete,
  create,
  created,
  edit,
  newPicture,
  newVideo,
  pathOf,
  refusal,
  send,
} from '../posts.fixture.ts';

usePublishing();

test('a post can be copied by its mediaUrl, without a fetch', async () => {
  const first = await created();
  const { status, body } = await create(complete({ mediaUrl: first.mediaUrl }));
  expect([status, body.error]).toEqual([201, undefined]);
  const { post } = body.data;
  expect([post.mediaUrl, post.media, post.sourceMediaUrl]).toEqual([first.mediaUrl, first.media, null]);
});

test('the thumbnail, a query and a fragment name the same media', async () => {
  const { media, mediaUrl } = await created();
  for (const url of [media.thumbnailUrl, `${mediaUrl}?v=1`, `${mediaUrl}#x`, ` ${mediaUrl}\u200b`]) {
    expect((await create(complete({ mediaUrl: url }))).body.data?.post.media.id, url).toBe(media.id);
  }
});

test('slides, covers, edits, batches, validate and POST /v1/media accept it', async () => {
  const [one, two, film] = [await newPicture(), await newPicture(), await newVideo()];
  const { mediaUrl, ...texts } = complete();
  const carousel = [{ mediaUrl: one.mediaUrl, title: 'One' }, { mediaUrl: two.mediaUrl }];
  expect((await create({ ...texts, carousel })).body.data?.post.carousel).toEqual(carousel);
  const video = await create({ ...texts, mediaUrl: film.mediaUrl, cover: { mediaUrl: one.mediaUrl } });
  expect(video.body.data?.post).toMatchObject({ mediaType: 'video', cover: { mediaUrl: one.mediaUrl } });

  const post = await created();
  const edited = await edit(post.id, { mediaUrl: two.mediaUrl });
  expect(edited.body.data?.post).toMatchObject({ mediaUrl: two.mediaUrl, sourceMediaUrl: null });
  const posts = [{ id: post.id, mediaUrl: one.mediaUrl }];
  expect((await send('PATCH', pathOf(), { posts })).body.data?.posts[0].mediaUrl).toBe(one.mediaUrl);

  const validated = await send('POST', `${pathOf()}/validate`, complete({ mediaUrl: one.mediaUrl }));
  expect(validated.body.data.ok).toBe(true);
  const added = await send('POST', '/v1/media', { url: one.mediaUrl });
  expect([added.status, added.body.data?.media.id]).toEqual([201, one.id]);
});

test('an edit that sends the present mediaUrl back leaves the source of the media', async () => {
  const post = await created();
  const { body } = await edit(post.id, { mediaUrl: post.mediaUrl, title: 'New' });
  expect(body.data.post).toMatchObject({ title: 'New', sourceMediaUrl: post.sourceMediaUrl });
});

test('rows of a sheet and entries of a batch accept it, with invisible characters at the ends of their URLs', async () => {
  const { id, mediaUrl } = await newPicture();
  const link = 'https://example.com/recipe';
  const rows = [
    'Title,Media URL,Board,Description,Link',
    `Tart,${mediaUrl}\u200b,Recipes,Crisp,${link}\u2060`,
  ];
  const sheet = await runSheet(rows);
  const entries = {
    posts: [complete({ mediaUrl, url: `${link}/2\ufe0f`, boardSectionId: '', altText: null })],
  };
  const batch = await runBatch('application/json', JSON.stringify(entries));
  for (const [entry, url] of [
    [sheet.entries[0], link],
    [batch.entries[0], `${link}/2`],
  ]) {
    expect([entry.status, entry.details]).toEqual(['created', null]);
    expect(await app.getPost(account, entry.postId)).toMatchObject({ url, media: { id } });
  }
});

test('a row of a sheet with an invisible character inside its link, or a blank title with a time, fails', async () => {
  const { entries } = await runSheet([
    'Title,Media URL,Board,Description,Link,Publish date',
    `Tart,${app.picture()},Recipes,Crisp,https://example.com/rec\u200bipe,2027-05-01T09:00:00Z`,
    `\u200b,${app.picture()},Recipes,Crisp,https://example.com/recipe,2027-05-01T09:00:00Z`,
  ]);
  const details = entries.map((entry: { details: { path: string; code: string }[] }) =>
    entry.details.map(({ path, code }) => [path, code]),
  );
  expect(details).toEqual([[['url', 'bad_character']], [['title', 'required']]]);
});

describe('media that the key does not see', () => {
  test('is refused at the field, as an unknown id', async () => {
    const hidden = await newPicture();
    const key = (await app.makeKey({ accountIds: [account.accountId] })).key;
    const refused = [400, 'BAD_REQUEST', { mediaUrl: 'media_not_found' }];
    expect(refusal(await send('POST', pathOf(), complete({ mediaUrl: hidden.mediaUrl }), { key }))).toEqual(
      refused,
    );
    expect(refusal(await send('POST', '/v1/media', { url: hidden.mediaUrl }, { key }))).toEqual([
      422,
      'UNPROCESSABLE_ENTITY',
      { url: 'media_not_found' },
    ]);
    const unknown = `${new URL(hidden.mediaUrl).origin}/media/med_01kav8w5v8e6nb1vkh5tq4j1aa/image.jpg`;
    expect(refusal(await create(complete({ mediaUrl: unknown })))).toEqual(refused);
  });

  test('a type that does not fit is refused at the field', async () => {
    const film = await newVideo();
    const { body } = await create(complete({ mediaUrl: film.mediaUrl, mediaType: 'image' }));
    expect(body.error.details).toMatchObject([{ path: 'mediaUrl', code: 'media_type_mismatch' }]);
    const added = await send('POST', '/v1/media', { url: film.mediaUrl, mediaType: 'image' });
    expect(refusal(added)[2]).toEqual({ url: 'media_type_mismatch' });
  });
});

test('other paths of the same server, and the same path elsewhere, are fetched as any URL', async () => {
  const { mediaUrl } = await created();
  const { pathname, origin } = new URL(mediaUrl);
  for (const url of [`${origin}/medias${pathname}`, `${origin}/media/`, `http://127.0.0.2:9${pathname}`]) {
    expect((await create(complete({ mediaUrl: url }))).status, url).toBe(422);
  }
});

// Media of a new post by URL or by id, carousels and covers; and its section and product tags.
import { describe, expect, test } from 'vitest';
import { account, app, usePublishing } from '../../../../test/publishing.ts';
import { convertible } from '../../media/pictures/sample-pictures.fixture.ts';
import {
  complete,
  create,
  created,
  newPicture,
  newVideo,
  refusal,
  stored,
  upload,
} from '../posts.fixture.ts';

usePublishing();

describe('mediaId instead of mediaUrl', () => {
  test('a post with stored media shows it, without its source URL', async () => {
    const media = await newPicture();
    const post = await created({ mediaUrl: undefined, mediaId: media.id });
    expect(post).toMatchObject({ media: { id: media.id }, mediaType: 'image', sourceMediaUrl: null });
  });

  test('a create without mediaUrl and mediaId, or with both, is refused', async () => {
    const media = await newPicture();
    const none = await create(complete({ mediaUrl: undefined }));
    expect(refusal(none)).toEqual([400, 'BAD_REQUEST', { mediaUrl: 'required' }]);
    const both = await create(complete({ mediaId: media.id, carousel: [] }));
    expect(refusal(both)).toEqual([400, 'BAD_REQUEST', { mediaId: 'not_together', carousel: 'too_small' }]);
  });

  test('a mediaId that is unknown and one of another organization get the same refusal', async () => {
    const { id } = await newPicture();
    const foreignKey = await app.makeKey({ organization: 'Other' });
    await app.database.db
      .updateTable('media')
      .set({ organization_id: foreignKey.organizationId })
      .where('id', '=', id)
      .execute();
    const before = await stored();
    for (const mediaId of ['med_nothing', id, '\0', 'x'.repeat(5000)]) {
      const answer = await create(complete({ mediaUrl: undefined, mediaId }));
      expect(refusal(answer)).toEqual([400, 'BAD_REQUEST', { mediaId: 'media_not_found' }]);
    }
    expect(await stored()).toEqual(before);
  });

  test('media of a type other than mediaType is refused with 422, its type and the value to send', async () => {
    const clip = await newVideo();
    const still = await newPicture();
    const asPicture = await create(complete({ mediaUrl: undefined, mediaId: clip.id, mediaType: 'image' }));
    expect(refusal(asPicture)).toEqual([422, 'UNPROCESSABLE_ENTITY', { mediaId: 'media_type_mismatch' }]);
    expect(asPicture.body.error.details[0].message).toBe('It is a video. Send "mediaType": "video".');
    const asVideo = await create(complete({ mediaUrl: undefined, mediaId: still.id, mediaType: 'video' }));
    expect(asVideo.body.error.details[0].message).toBe('It is an image. Send "mediaType": "image".');
    // Left out, it is what it is.
    const post = await created({ mediaUrl: undefined, mediaId: clip.id });
    expect(post).toMatchObject({ mediaType: 'video', cover: null });
  });

  test('an animated GIF is accepted with the warning that its first frame is used', async () => {
    const make = Object.entries(convertible).find(([name]) => /GIF/i.test(name))?.[1].make;
    if (!make) throw new Error('there is no GIF among the samples');
    const media = await upload(await make(), 'a.gif');
    const answer = await create(complete({ mediaUrl: undefined, mediaId: media.id }));
    expect(answer.body.meta.warnings).toMatchObject([{ code: expect.stringMatching(/frame|animat/) }]);
  });
});

describe('carousel', () => {
  const slides = (count: number) => Promise.all(Array.from({ length: count }, () => newPicture()));

  test('a carousel has 2 to 5 pictures, which may have their own texts', async () => {
    const media = await slides(2);
    const post = await created({
      mediaUrl: undefined,
      carousel: [
        { mediaId: media[0].id, title: 'One' },
        { mediaId: media[1].id, url: 'https://example.com/two' },
      ],
    });
    expect(post.media.id).toBe(media[0].id);
    expect(post.carousel).toEqual([
      { mediaUrl: expect.stringContaining(media[0].id), title: 'One' },
      { mediaUrl: expect.stringContaining(media[1].id), url: 'https://example.com/two' },
    ]);
  });

  test('every invalid picture of a carousel is reported by its index', async () => {
    const [good] = await slides(1);
    const many = await create(
      complete({ mediaUrl: undefined, carousel: Array.from({ length: 6 }, () => ({ mediaId: good.id })) }),
    );
    expect(refusal(many)[2]).toEqual({ carousel: 'too_large' });
    const shapes = await create(
      complete({
        mediaUrl: undefined,
        carousel: [{ mediaId: good.id, titel: 'x' }, { mediaId: good.id, mediaUrl: app.picture() }, {}],
      }),
    );
    expect(refusal(shapes)[2]).toEqual({
      'carousel.0.titel': 'unknown_field',
      'carousel.1.mediaId': 'not_together',
      'carousel.2.mediaUrl': 'required',
    });
    const unknown = await create(
      complete({
        mediaUrl: undefined,
        boardId: '1',
        carousel: [{ mediaId: 'med_a' }, { mediaId: good.id }, { mediaId: 'med_b' }],
      }),
    );
    expect(refusal(unknown)).toEqual([
      400,
      'BAD_REQUEST',
      {
        boardId: 'board_not_found',
        'carousel.0.mediaId': 'media_not_found',
        'carousel.2.mediaId': 'media_not_found',
      },
    ]);
  });

  test('pictures of a carousel that cannot be fetched, videos and different sizes are each refused with 422', async () => {
    const [good] = await slides(1);
    const clip = await newVideo();
    const away = await create(
      complete({
        mediaUrl: undefined,
        carousel: [
          { mediaUrl: app.picture('none-a.jpg') },
          { mediaId: clip.id },
          { mediaUrl: app.picture('none-b.jpg') },
        ],
      }),
    );
    expect(refusal(away)).toEqual([
      422,
      'UNPROCESSABLE_ENTITY',
      {
        'carousel.0.mediaUrl': 'http_status',
        'carousel.1.mediaId': 'media_type_mismatch',
        'carousel.2.mediaUrl': 'http_status',
      },
    ]);
    const sizes = await create(
      complete({ mediaUrl: undefined, carousel: [{ mediaId: good.id }, { mediaUrl: app.picture() }] }),
    );
    expect(refusal(sizes)[2]).toEqual({ 'carousel.1': 'carousel_sizes_differ' });
  });

  test('a carousel that is too large for one request to Pinterest is refused', async () => {
    const media = await slides(5);
    await app.database.db
      .updateTable('media')
      .set({ bytes: 7_000_000 })
      .where(
        'id',
        'in',
        media.map(({ id }) => id),
      )
      .execute();
    const answer = await create(
      complete({ mediaUrl: undefined, carousel: media.map(({ id }) => ({ mediaId: id })) }),
    );
    expect(refusal(answer)).toEqual([422, 'UNPROCESSABLE_ENTITY', { carousel: 'too_big' }]);
  });
});

describe('cover', () => {
  test('the cover of a video is a frame or a picture', async () => {
    const clip = await newVideo();
    const still = await newPicture();
    const frame = await created({ mediaUrl: undefined, mediaId: clip.id, cover: { seconds: 3 } });
    expect(frame.cover).toEqual({ mediaUrl: null, seconds: 3 });
    const picture = await created({
      mediaUrl: undefined,
      mediaId: clip.id,
      cover: { mediaId: still.id },
      url: 'https://example.com/other',
    });
    expect(picture.cover).toEqual({ mediaUrl: expect.stringContaining(still.id), seconds: null });
  });

  test('a cover of a picture, two covers, and a video as cover are refused', async () => {
    const clip = await newVideo();
    const of = (cover: unknown, mediaId = clip.id) =>
      create(complete({ mediaUrl: undefined, mediaId, cover }));
    const still = await newPicture();
    expect(refusal(await of({ seconds: 1 }, still.id))[2]).toEqual({ cover: 'not_together' });
    expect(refusal(await of({}))[2]).toEqual({ 'cover.mediaUrl': 'required' });
    expect(refusal(await of({ seconds: 1, mediaId: still.id }))[2]).toEqual({
      'cover.seconds': 'not_together',
    });
    expect(refusal(await of({ mediaId: 'med_x' }))[2]).toEqual({ 'cover.mediaId': 'media_not_found' });
    expect(refusal(await of({ mediaId: clip.id }))[2]).toEqual({ 'cover.mediaId': 'media_type_mismatch' });
    const late = await of({ seconds: 700 });
    expect(refusal(late)[2]).toEqual({ 'cover.seconds': 'after_the_end' });
  });
});

describe('section and products', () => {
  test('a section of another board is refused', async () => {
    const own = await app.connectAccount({ boards: ['With', 'Without'], sections: ['Summer'] });
    const list = await app.call('GET', `/v1/accounts/${own.accountId}/boards/${own.boards.With}/sections`);
    const section = list.body.data.sections[0].id;
    const on = (boardId: string | undefined) => create(complete({ boardId, boardSectionId: section }), own);
    const right = await on(own.boards.With);
    expect(right.body.data.post.boardSectionId).toBe(section);
    expect(refusal(await on(own.boards.Without))[2]).toEqual({ boardSectionId: 'section_not_found' });
    expect(refusal(await on(undefined))[2]).toEqual({ boardSectionId: 'needs_board' });
  });

  test('product tags are stored, with the warning that they are not published', async () => {
    const answer = await create(complete({ productTagPinIds: ['12', '34'] }));
    expect(answer.body.data.post.productTagPinIds).toEqual(['12', '34']);
    expect(answer.body.meta.warnings).toMatchObject([{ code: 'product_tags_not_published' }]);
    expect(account.accountId).toBeDefined();
  });
});

// Editing a post: the changes, and the refusals.
import { describe, expect, test } from 'vitest';
import {
  account,
  app,
  minute,
  pinsHere,
  runAfter,
  usePublishing,
  worker,
} from '../../../../test/publishing.ts';
import {
  created,
  edit,
  inMs,
  newPicture,
  newVideo,
  pathOf,
  refusal,
  send,
  timeline,
} from '../posts.fixture.ts';

usePublishing();

const full = {
  altText: 'A tart',
  tags: ['spring', 'lemon'],
  externalId: 'full',
  productTagPinIds: ['1'],
  isSimplifiedPin: false,
};

describe('absent, null and a value are three things', () => {
  test.each<[string, unknown]>([
    ['title', 'Another title'],
    ['description', 'Another description'],
    ['url', 'https://example.com/another'],
    ['altText', 'Another text'],
    ['externalId', 'another'],
    ['boardId', 'Garden'],
    ['tags', ['autumn']],
    ['productTagPinIds', []],
    ['isSimplifiedPin', true],
  ])('an edit of %s changes it and nothing else', async (name, value) => {
    const post = await created({ ...full, externalId: `full-${name}` });
    const newValue = name === 'boardId' ? account.boards.Garden : value;
    const changed = await edit(post.id, { [name]: newValue });
    expect([changed.status, changed.body.error]).toEqual([200, undefined]);
    // Nothing else has changed but the time of the change.
    expect(changed.body.data.post).toEqual({ ...post, [name]: newValue });
    expect(await app.getPost(account, post.id)).toEqual(changed.body.data.post);
    const cleared = await edit(post.id, { [name]: null });
    const isClearable = !['tags', 'productTagPinIds', 'isSimplifiedPin'].includes(name);
    expect(cleared.status).toBe(isClearable ? 200 : 400);
    if (isClearable) expect(cleared.body.data.post).toEqual({ ...post, [name]: null });
    const [last] = (await timeline(post.id)).slice(-1);
    expect(last).toMatchObject({ type: 'post.updated', message: expect.stringContaining(name) });
  });

  test('an empty edit and a misspelled field are refused, and an edit without a change writes nothing', async () => {
    const post = await created();
    expect(refusal(await edit(post.id, {}))[2]).toEqual({ '': 'required' });
    const misspelled = await edit(post.id, { titel: 'x', title: 'x', sendAt: inMs(minute) });
    expect(refusal(misspelled)[2]).toEqual({ titel: 'unknown_field', sendAt: 'unknown_field' });
    const same = await edit(post.id, { title: post.title, tags: [] });
    expect(same.body.data.post).toEqual(post);
    expect(await timeline(post.id)).toHaveLength(1);
  });

  test('a section must belong to the present or new board, and a new board clears it', async () => {
    const own = await app.connectAccount({ boards: ['One', 'Two'], sections: ['Summer'] });
    const list = await app.call('GET', `/v1/accounts/${own.accountId}/boards/${own.boards.One}/sections`);
    const section = list.body.data.sections[0].id;
    const post = await app.createPost(own, { sendAt: undefined, boardId: own.boards.One });
    const change = (body: object) => send('PATCH', `${pathOf(own)}/${post.id}`, body);
    expect((await change({ boardSectionId: section })).body.data.post.boardSectionId).toBe(section);
    expect((await change({ boardId: own.boards.Two })).body.data.post.boardSectionId).toBeNull();
    expect(refusal(await change({ boardSectionId: section }))[2]).toEqual({
      boardSectionId: 'section_not_found',
    });
    const both = await change({ boardId: own.boards.One, boardSectionId: section });
    expect(both.body.data.post).toMatchObject({ boardId: own.boards.One, boardSectionId: section });
    await change({ boardId: null });
    expect((await app.getPost(own, post.id)).boardSectionId).toBeNull();
    expect(refusal(await change({ boardSectionId: section }))[2]).toEqual({ boardSectionId: 'needs_board' });
  });
});

describe('media', () => {
  test('an edit replaces a picture with a video, a carousel, and a picture again', async () => {
    const [firstPicture, secondPicture] = [await newPicture(), await newPicture()];
    const clip = await newVideo();
    const { id } = await created();
    const video = await edit(id, { mediaId: clip.id, mediaType: 'video', cover: { seconds: 2 } });
    expect(video.body.data.post).toMatchObject({
      mediaType: 'video',
      media: { id: clip.id },
      sourceMediaUrl: null,
      cover: { seconds: 2 },
    });
    const cover = await edit(id, { cover: { mediaId: firstPicture.id } });
    expect(cover.body.data.post.cover).toEqual({
      mediaUrl: expect.stringContaining(firstPicture.id),
      seconds: null,
    });
    expect(refusal(await edit(id, { cover: { seconds: 60 } }))[2]).toEqual({
      'cover.seconds': 'after_the_end',
    });
    expect((await edit(id, { cover: null })).body.data.post.cover).toBeNull();
    const carousel = await edit(id, {
      carousel: [{ mediaId: firstPicture.id }, { mediaId: secondPicture.id, title: 'Two' }],
    });
    expect(carousel.body.data.post).toMatchObject({
      mediaType: 'image',
      media: { id: firstPicture.id },
      cover: null,
    });
    expect(refusal(await edit(id, { cover: { seconds: 1 } }))[2]).toEqual({ cover: 'not_together' });
    const alone = await edit(id, { carousel: null });
    expect(alone.body.data.post).toMatchObject({ carousel: null, media: { id: firstPicture.id } });
    const picture = await edit(id, { mediaUrl: app.picture('travel.jpg') });
    expect(picture.body.data.post).toMatchObject({
      sourceMediaUrl: app.picture('travel.jpg'),
      mediaType: 'image',
    });
  });

  test('an edit with unavailable media is refused, and the post is unchanged', async () => {
    const clip = await newVideo();
    const post = await created();
    expect(refusal(await edit(post.id, { mediaId: 'med_x', boardId: '1' }))).toEqual([
      400,
      'BAD_REQUEST',
      { mediaId: 'media_not_found', boardId: 'board_not_found' },
    ]);
    expect(refusal(await edit(post.id, { mediaUrl: app.picture('none.jpg') }))[2]).toEqual({
      mediaUrl: 'http_status',
    });
    expect(refusal(await edit(post.id, { mediaId: clip.id, mediaType: 'image' }))[2]).toEqual({
      mediaId: 'media_type_mismatch',
    });
    expect(refusal(await edit(post.id, { mediaType: 'video' }))[2]).toEqual({ mediaType: 'needs_media' });
    expect(await app.getPost(account, post.id)).toEqual(post);
  });
});

describe('a post that is not a draft', () => {
  test('an edit of a queued post cannot clear required fields, and the post is published as edited', async () => {
    const post = await created({ sendAt: inMs(minute) });
    const losing = await edit(post.id, { title: null, description: ' ', url: null, boardId: null });
    expect(refusal(losing)).toEqual([
      400,
      'BAD_REQUEST',
      { title: 'required', description: 'required', url: 'required', boardId: 'required' },
    ]);
    const picture = await newPicture();
    const edited = await edit(post.id, {
      title: 'Edited',
      url: 'https://example.com/edited',
      altText: null,
      mediaId: picture.id,
    });
    expect(edited.body.data.post).toMatchObject({ status: 'queued', sendAt: post.sendAt });
    await runAfter(minute);
    expect(await pinsHere()).toMatchObject([
      { title: 'Edited', link: 'https://example.com/edited', pictures: [{ sha256: picture.sha256 }] },
    ]);
  });

  test('an edited failed post stays failed with its reason, and an edit of a sent post is refused with 409', async () => {
    await app.faults([{ operation: 'pins/create', kind: 'status', status: 400, times: 1 }]);
    const { id } = await created({ sendAt: inMs(minute) });
    await runAfter(minute);
    const failed = await app.getPost(account, id);
    const edited = await edit(id, { title: 'Corrected' });
    expect(edited.body.data.post).toMatchObject({
      status: 'failed',
      title: 'Corrected',
      failure: failed.failure,
    });
    await send('POST', `${pathOf()}/${id}/schedule`, { now: true });
    await runAfter(minute);
    expect(await pinsHere()).toMatchObject([{ title: 'Corrected' }]);
    expect(refusal(await edit(id, { title: 'Late' }))).toEqual([409, 'CONFLICT', { '': 'edit_not_allowed' }]);
  });

  test('an edit of a post in flight is refused with 409, and the post is published as the worker read it', async () => {
    const { id } = await created({ sendAt: inMs(minute) });
    app.clock.advance(minute);
    await app.dyingWorker({ before: 'settle' }).runDue();
    expect(refusal(await edit(id, { title: 'Late' }))).toEqual([409, 'CONFLICT', { '': 'edit_not_allowed' }]);
    expect((await pinsHere()).map(({ title }) => title)).toEqual(['Lemon tart']);
  });

  test('an edit at the moment of a claim is either refused or published', async () => {
    for (let round = 0; round < 15; round += 1) {
      const own = await app.connectAccount();
      const post = await app.createPost(own, { title: 'Before' });
      app.clock.advance(minute);
      const [answer] = await Promise.all([
        send('PATCH', `${pathOf(own)}/${post.id}`, { title: 'After' }),
        worker.runDue(),
      ]);
      await worker.runDue();
      expect([200, 409]).toContain(answer.status);
      const [pin, ...more] = await app.pins({ boardId: own.boards.Recipes ?? '' });
      expect(more).toEqual([]);
      expect(pin?.title).toBe(answer.status === 200 ? 'After' : 'Before');
    }
  });
});

// Media of their own, over HTTP: added from a URL, listed, looked at, deleted.
import { describe, expect, test } from 'vitest';
import { account, app } from '../../../test/use-app.ts';
import { json } from '../../platform/db/index.ts';
import { add, keptFiles, rows, stranger, useMediaRoutes } from './media-routes.fixture.ts';

useMediaRoutes();

describe('media from a URL', () => {
  test('media from a URL is fetched, stored and described', async () => {
    const answer = await app.call('POST', '/v1/media', { url: app.picture() });
    expect(answer.status).toBe(201);
    const { media } = answer.body.data;
    expect(media).toEqual({
      id: expect.stringMatching(/^med_[0-9a-z]{26}$/),
      mediaType: 'image',
      mediaUrl: `http://pintail.test/media/${media.id}/image.jpg`,
      width: expect.any(Number),
      height: expect.any(Number),
      contentType: 'image/jpeg',
      bytes: expect.any(Number),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      thumbnailUrl: `http://pintail.test/media/${media.id}/thumbnail.webp`,
      placeholder: expect.any(String),
      sourceUrl: app.picture(),
      createdAt: Math.floor(app.clock.now().getTime() / 1000),
    });
    expect((await app.call('GET', `/v1/media/${media.id}`)).body.data).toEqual({ media });
    const again = await app.call('POST', '/v1/media', { url: app.picture(), mediaType: 'image' });
    expect(again.body.data.media.id).toBe(media.id);
  });

  test('media from a URL is refused with the field and the reason', async () => {
    const wrong = await app.call('POST', '/v1/media', { url: app.picture(), mediaType: 'video' });
    expect([wrong.status, wrong.body.error.details]).toEqual([
      422,
      [
        {
          path: 'url',
          code: 'media_type_mismatch',
          message: expect.stringContaining('This is a picture (image/jpeg). Send "mediaType": "image"'),
        },
      ],
    ]);
    const bad = await app.call('POST', '/v1/media', { uri: app.picture() });
    expect(bad.status).toBe(400);
    expect(bad.body.error.details.map(({ path }: { path: string }) => path).sort()).toEqual(['uri', 'url']);
    expect((await app.call('POST', '/v1/media')).status).toBe(400);
    expect(await rows()).toEqual([]);
  });
});

describe('a list of media', () => {
  test('a list of media has stable pages, newest first', async () => {
    const added: string[] = [];
    for (let count = 0; count < 5; count += 1) added.push((await add()).id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { data } = (await app.call('GET', `/v1/media?limit=2${query}`)).body;
      seen.push(...data.media.map(({ id }: { id: string }) => id));
      ({ cursor } = data);
      await add();
    } while (cursor !== null);
    expect(seen).toEqual(added.toReversed());
  });

  test('a list of media is empty for other organizations, and refuses foreign cursors', async () => {
    await add();
    expect((await app.call('GET', '/v1/media', undefined, stranger)).body.data).toEqual({
      media: [],
      cursor: null,
    });
    const bad = await app.call('GET', '/v1/media?cursor=x');
    expect([bad.status, bad.body.error.details[0].code]).toEqual([400, 'invalid_cursor']);
  });
});

describe('a deletion', () => {
  test('a deletion removes the row, its files and its URLs', async () => {
    const { id, mediaUrl, thumbnailUrl } = await add();
    expect(await keptFiles()).toHaveLength(2);
    const answer = await app.call('DELETE', `/v1/media/${id}`);
    expect([answer.status, answer.body.data]).toEqual([200, { deleted: true, id }]);
    expect(await keptFiles()).toEqual([]);
    for (const path of [`/v1/media/${id}`, new URL(mediaUrl).pathname, new URL(thumbnailUrl).pathname]) {
      expect((await app.call('GET', path)).status).toBe(404);
    }
    expect((await app.call('DELETE', `/v1/media/${id}`)).status).toBe(404);
    expect((await app.call('GET', '/v1/media')).body.data.media).toEqual([]);
  });

  test('media of others and unknown ids cannot be deleted', async () => {
    const { id } = await add();
    for (const [path, key] of [
      [`/v1/media/${id}`, stranger],
      ['/v1/media/med_x', app.key],
      ['/v1/media/%00', app.key],
      [`/v1/media/${account.accountId}`, app.key],
    ] as const) {
      for (const method of ['GET', 'DELETE']) {
        const answer = await app.call(method, path, undefined, key);
        expect([answer.status, answer.body.error.message]).toEqual([404, 'Media not found']);
      }
    }
    expect((await app.call('GET', `/v1/media/${id}`)).status).toBe(200);
  });

  test('a deletion is refused with the unpublished posts that use the media', async () => {
    const post = await app.createPost(account);
    const answer = await app.call('DELETE', `/v1/media/${post.media.id}`);
    expect([answer.status, answer.body.error.code]).toEqual([409, 'CONFLICT']);
    expect(answer.body.error.details).toEqual([
      { path: '', code: 'media_in_use', message: `Used by ${post.id} (queued).` },
    ]);
    await app.call('DELETE', `/v1/accounts/${account.accountId}/posts/${post.id}`);
    expect((await app.call('DELETE', `/v1/media/${post.media.id}`)).status).toBe(200);
  });

  test('a deletion is refused for covers and slides too', async () => {
    const post = await app.createPost(account);
    const [cover, slide] = [await add(), await add()];
    const change = {
      cover_media_id: cover.id,
      carousel: json([{ mediaId: post.media.id }, { mediaId: slide.id }]),
    };
    await app.database.db.updateTable('posts').set(change).where('id', '=', post.id).execute();
    for (const { id } of [cover, slide]) {
      expect((await app.call('DELETE', `/v1/media/${id}`)).status).toBe(409);
    }
  });

  test('a deletion does not change sent posts', async () => {
    const post = await app.createPost(account);
    app.clock.advance(60_000);
    await app.app.createWorker().runDue();
    expect((await app.getPost(account, post.id)).status).toBe('sent');
    expect((await app.call('DELETE', `/v1/media/${post.media.id}`)).status).toBe(200);
    expect((await app.getPost(account, post.id)).media).toEqual(post.media);
    // And the same picture can come again.
    const again = await app.createPost(account);
    expect(again.media.id).not.toBe(post.media.id);
    expect(again.media.sha256).toBe(post.media.sha256);
  });
});

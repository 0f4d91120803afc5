// Files that are refused, the reason, and that nothing of them is left.
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Outage } from '../../../platform/errors.ts';
import { fetchMedia, harness, organizationId, reasonOf, useMedia } from '../media.fixture.ts';
import { mp4, picture, refused, webm } from '../pictures/sample-pictures.fixture.ts';

useMedia();

describe('a refusal', () => {
  afterEach(async () => {
    expect(await harness.rows()).toEqual([]);
    expect(await harness.files()).toEqual([]);
  });

  it.each(Object.entries(refused))(
    'names what is wrong and leaves nothing: %s',
    async (_name, { make, code }) => {
      harness.serve(await make(), { 'content-type': 'image/jpeg' });
      const reason = await reasonOf(fetchMedia());
      expect(reason).toMatchObject({ path: 'mediaUrl', code });
      // A sentence, without a path of ours or an error of a library.
      expect(reason?.message).toMatch(/^[A-Z].*\.$/);
      expect(reason?.message).not.toMatch(/\/tmp|vips|heif:|undefined/i);
    },
  );

  it.each([
    ['mp42', 'image', 'media_type_mismatch', 'This is a video (video/mp4). Send "mediaType": "video".'],
    ['qt  ', 'image', 'media_type_mismatch', 'This is a video (video/quicktime). Send "mediaType": "video".'],
    ['M4V ', 'image', 'media_type_mismatch', 'This is a video (video/x-m4v). Send "mediaType": "video".'],
  ] as const)('tells a video of brand %s, declared as %s', async (brand, declaredType, code, message) => {
    harness.serve(mp4(brand));
    const reason = await reasonOf(fetchMedia({ declaredType }));
    expect(reason?.code).toBe(code);
    expect(reason?.message).toContain(message);
  });

  it('a video that Pinterest does not accept is refused', async () => {
    harness.serve(webm);
    expect(await reasonOf(fetchMedia({ declaredType: 'video' }))).toMatchObject({
      code: 'unsupported_video_type',
    });
    expect(await reasonOf(fetchMedia())).toMatchObject({ code: 'media_type_mismatch' });
  });

  it('a picture that was declared as a video is refused', async () => {
    harness.serve(await picture().jpeg().toBuffer());
    const reason = await reasonOf(fetchMedia({ declaredType: 'video' }));
    expect(reason).toMatchObject({ code: 'media_type_mismatch' });
    expect(reason?.message).toContain('This is a picture (image/jpeg). Send "mediaType": "image"');
  });

  it('a long video that was declared as a picture is refused by its beginning', async () => {
    const closed = Promise.withResolvers<void>();
    harness.serve((_request, response) => {
      response.once('close', closed.resolve);
      response.writeHead(200, { 'content-length': '2000000000' }).write(mp4('mp42'));
    });
    expect(await reasonOf(fetchMedia())).toMatchObject({ code: 'media_type_mismatch' });
    await closed.promise;
  });

  it('a picture of more than 32 MB is refused before it was received', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    harness.serve((_request, response) => {
      response
        .writeHead(200, { 'content-length': '40000000' })
        .write(Buffer.concat([jpeg, Buffer.alloc(20_000)]));
      response.write(Buffer.alloc(20_000));
    });
    expect(await reasonOf(fetchMedia())).toMatchObject({ code: 'too_large' });
  });

  it('the refusal of a URL that cannot be fetched names the field and the reason', async () => {
    harness.serve((_request, response) => void response.writeHead(404).end());
    expect(await reasonOf(fetchMedia({ path: 'carousel.0.mediaUrl' }))).toMatchObject({
      path: 'carousel.0.mediaUrl',
      code: 'http_status',
    });
    expect(await reasonOf(fetchMedia({ url: 'http://169.254.169.254/' }))).toMatchObject({
      code: 'private_address',
    });
    expect(await reasonOf(fetchMedia({ url: 'ftp://example.com/a.jpg' }))).toMatchObject({ code: 'bad_url' });
  });

  it('a picture that arrives too slowly is refused after 15 seconds', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    const begun = Promise.withResolvers<ServerResponse>();
    harness.serve((_request, response) => {
      response.writeHead(200, { 'content-length': String(jpeg.length) }).write(jpeg.subarray(0, 1000));
      begun.resolve(response);
    });
    const asked = reasonOf(fetchMedia());
    await begun.promise;
    harness.clock.advance(15_000);
    expect(await asked).toMatchObject({ code: 'timeout' });
  });

  it('a refusal arrives in time while slow servers occupy all permits', async () => {
    const late = Promise.withResolvers<ServerResponse>();
    const answered: ServerResponse[] = [];
    harness.serve((request, response) => {
      if (request.url?.endsWith('?late')) return late.resolve(response);
      response.writeHead(200, { 'content-length': '100000' }).write('x');
      answered.push(response);
    });
    const fetchStream = vi.spyOn(harness.outbound, 'fetchStream');
    const first = reasonOf(fetchMedia({ url: `${harness.url}?late` }));
    const response = await late.promise;
    harness.clock.advance(10_000);
    const others = Array.from({ length: 60 }, () => reasonOf(fetchMedia()));
    await vi.waitFor(() => expect(answered).toHaveLength(60));
    response.writeHead(200, { 'content-length': '100000' }).write('x');
    await fetchStream.mock.results[0]?.value;
    harness.clock.advance(5000);
    expect(await first).toMatchObject({ code: 'timeout' });
    harness.clock.advance(10_000);
    expect((await Promise.all(others)).every((reason) => reason?.code === 'timeout')).toBe(true);
    fetchStream.mockRestore();
  });

  it('a truncated picture is refused', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    harness.serve((request, response) => {
      response.writeHead(200, { 'content-length': String(jpeg.length) });
      response.write(jpeg.subarray(0, 1000), () => request.socket.destroy());
    });
    expect(await reasonOf(fetchMedia())).toMatchObject({ code: 'connection_failed' });
  });

  it('a full storage is an outage', async () => {
    harness.serve(await picture().jpeg().toBuffer());
    const media = await harness.openMedia({
      storage: { ...harness.storage, put: () => Promise.reject(new Outage('The media storage')) },
    });
    const asked = media.fetchFromUrl({ organizationId, url: harness.url, declaredType: 'image' });
    await expect(asked).rejects.toThrow(Outage);
  });

  it('nothing remains when the thumbnail cannot be stored', async () => {
    harness.serve(await picture().jpeg().toBuffer());
    const before = await harness.files();
    const isRefused = Promise.withResolvers<void>();
    const isLate = Promise.withResolvers<void>();
    const media = await harness.openMedia({
      storage: {
        ...harness.storage,
        async put(key, source) {
          if (key.endsWith('.webp')) {
            isRefused.resolve();
            throw new Outage('The media storage');
          }
          const bytes = 'file' in source ? await readFile(source.file) : Buffer.alloc(0);
          await isRefused.promise;
          // Time enough to remove the file before it is there.
          for (let count = 0; count < 20; count += 1) await harness.rows();
          await harness.storage.put(key, { bytes });
          isLate.resolve();
        },
      },
    });
    const asked = media.fetchFromUrl({ organizationId, url: `${harness.url}?late`, declaredType: 'image' });
    await expect(asked).rejects.toThrow(Outage);
    await isLate.promise;
    expect(await harness.files()).toEqual(before);
  });
});

// Videos: over real HTTP, on real files and a real database.
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../platform/clock.ts';
import { mediaUrl, toMediaView } from '../index.ts';
import { fetchMedia, harness, look, organizationId, reasonOf, useMedia } from '../media.fixture.ts';
import { picture } from '../pictures/sample-pictures.fixture.ts';
import { refusedVideos, takenVideos, tidiedVideos, video, videoBomb } from './sample-videos.fixture.ts';
import { inspectVideo, problemOfVideo } from './video.ts';

useMedia();

const fetchVideo = (declaredType: 'video' | 'any' | 'image' = 'video') => fetchMedia({ declaredType });

describe('a video that Pinterest accepts', () => {
  it.each(Object.entries(takenVideos))('a video is stored unchanged: %s', async (_name, { make, row }) => {
    const bytes = await make();
    harness.serve(bytes, { 'content-type': 'application/octet-stream' });
    const kept = await fetchVideo();
    expect(kept).toMatchObject({ ...row, bytes: bytes.length, perceptual_hash: null });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(kept).toMatchObject({ sha256, source_sha256: sha256, source_url: harness.url });
    const file = await harness.media.openVideo({ organizationId, mediaId: kept.id });
    expect(file).toMatchObject({ sizeBytes: bytes.length, contentType: kept.content_type });
    const chunks: Uint8Array[] = [];
    for await (const chunk of file?.bytes ?? []) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    expect(await harness.media.readForPublishing({ organizationId, mediaId: kept.id })).toBeNull();
  });

  it.each(Object.entries(tidiedVideos))(
    'is kept without what does not belong to it: %s',
    async (_name, make) => {
      const bytes = await make();
      harness.serve(bytes);
      const kept = await fetchVideo('any');
      expect(kept).toMatchObject({ content_type: 'video/mp4', duration_ms: 6000 });
      const file = await harness.media.openVideo({ organizationId, mediaId: kept.id });
      const chunks: Uint8Array[] = [];
      for await (const chunk of file?.bytes ?? []) chunks.push(chunk);
      const film = Buffer.concat(chunks);
      expect(film.toString('latin1', 4, 12)).toMatch(/^ftypis/);
      expect(film.subarray(12).equals(bytes.subarray(12, film.length))).toBe(true);
      expect(film.includes('<script>') || film.includes('vendor')).toBe(false);
      expect(kept.sha256).toBe(createHash('sha256').update(film).digest('hex'));
      expect(kept.source_sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
      // The same file again is the same media.
      expect((await fetchVideo('any')).id).toBe(kept.id);
    },
  );

  it('a video has a card in its shape, a placeholder and a view', async () => {
    harness.serve(await video({ width: 1080, height: 1920 }));
    const row = await fetchVideo('any');
    const thumbnail = await (await harness.storage.read(row.thumbnail_key))?.toArray();
    const { metadata, pixel } = await look(Buffer.concat(thumbnail ?? []));
    expect(metadata).toMatchObject({ format: 'webp', width: 400, height: 711 });
    // The sign in the middle is bright, the corner is dark.
    expect(pixel(200, 355)[0]).toBeGreaterThan(200);
    expect(pixel(5, 5)[0]).toBeLessThan(70);
    expect(toMediaView(row, 'https://pins.example')).toMatchObject({
      ...{ id: row.id, width: 1080, height: 1920, durationMs: 6000, contentType: 'video/mp4' },
      placeholder: expect.stringMatching(/^.{20,}$/),
    });
    expect(mediaUrl(row, 'https://pins.example')).toBe(`https://pins.example/media/${row.id}/video.mp4`);
  });

  it('equal bytes share one row and one file', async () => {
    harness.serve(await video({ seconds: 7 }));
    const [first, second] = await Promise.all([fetchVideo(), fetchVideo('any')]);
    expect(second?.id).toBe(first?.id);
  });

  it('no video is opened for a picture or for another organization', async () => {
    harness.serve(await picture(7).jpeg().toBuffer());
    const image = await fetchVideo('any');
    expect(await harness.media.openVideo({ organizationId, mediaId: image.id })).toBeNull();
    harness.serve(await video());
    const film = await fetchVideo();
    expect(await harness.media.openVideo({ organizationId: 'org_x', mediaId: film.id })).toBeNull();
  });
});

describe('a video that Pinterest would refuse', () => {
  it.each(Object.entries(refusedVideos))(
    'is refused with the reason, and leaves nothing: %s',
    async (_name, { make, code }) => {
      const [rows, files] = [await harness.rows(), await harness.files()];
      harness.serve(await make(), { 'content-type': 'video/mp4' });
      const reason = await reasonOf(fetchVideo());
      expect(reason).toMatchObject({ path: 'mediaUrl', code });
      expect(reason?.message).toMatch(/^[A-Z].*\.$/);
      expect(reason?.message).not.toMatch(/\/tmp|undefined|NaN/);
      expect(await harness.rows()).toEqual(rows);
      expect(await harness.files()).toEqual(files);
    },
  );

  it('the refusal of a video names its codec, its length or its shape', () => {
    const facts = { codec: 'avc', sampleEntry: 'avc1', width: 1080, height: 1920, durationMs: 10_000 };
    expect(problemOfVideo(facts)).toBeNull();
    expect(problemOfVideo({ ...facts, codec: 'vp9' })?.message).toContain(
      'coded as vp9. Pinterest accepts H.264',
    );
    expect(problemOfVideo({ ...facts, codec: null })?.message).toContain('encrypted');
    expect(problemOfVideo({ ...facts, codec: null, sampleEntry: 'dvh1' })?.message).toMatch(
      /Dolby Vision.*HDR Video/,
    );
    expect(problemOfVideo({ ...facts, codec: null, sampleEntry: 'apcn' })?.message).toContain(
      'coded as Apple ProRes',
    );
    expect(problemOfVideo({ ...facts, durationMs: 3500 })?.message).toContain('lasts 3.5 seconds');
    expect(problemOfVideo({ ...facts, width: 0, height: 0 })?.code).toBe('video_shape_unsupported');
    expect(problemOfVideo({ ...facts, width: 4000 })?.message).toContain(
      '4000 × 1920 pixels, 2.08 times as wide',
    );
  });

  it('a video that was declared as a picture is detected', async () => {
    harness.serve(await video());
    expect(await reasonOf(fetchVideo('image'))).toMatchObject({
      code: 'media_type_mismatch',
      message: 'This is a video (video/mp4). Send "mediaType": "video".',
    });
  });

  it('a video of more than 2 GB is refused before it was received', async () => {
    const film = await video({ pictureBytes: 5000 });
    harness.serve((_request, response) => {
      response.writeHead(200, { 'content-length': '2000000001' }).write(film);
    });
    expect(await reasonOf(fetchVideo())).toMatchObject({ code: 'too_large' });
  });

  it('a video that arrives too slowly is aborted', async () => {
    const film = await video({ pictureBytes: 5000 });
    const begun = Promise.withResolvers<void>();
    harness.serve((_request, response) => {
      response.writeHead(200, { 'content-length': String(film.length) });
      response.write(film.subarray(0, 10_000), () => begun.resolve());
    });
    const asked = reasonOf(fetchVideo());
    await begun.promise;
    // The place where it is to be written is made when it is received.
    await expect.poll(async () => (await harness.files()).length).toBeGreaterThan(0);
    harness.clock.advance(10_000);
    expect(await asked).toMatchObject({ code: 'too_slow' });
  });
});

it('a file that would take forever to read is refused, and its thread ended', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pintail-bomb-'));
  try {
    const path = join(folder, 'bomb.mp4');
    await writeFile(path, await videoBomb());
    // The thread's time is up sooner here.
    const hasty = { ...systemClock, after: (_ms: number, run: () => void) => systemClock.after(1500, run) };
    await expect(inspectVideo(path, 'video/mp4', hasty)).rejects.toMatchObject({ code: 'video_broken' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

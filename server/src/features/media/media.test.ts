// What fetching media promises: over real HTTP, on real files and a real database.
import { createHash } from 'node:crypto';
import { readFile, utimes, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Outage, Refusal } from '../../platform/errors.ts';
import { type FetchFromUrl, type MediaRow, mediaUrl, toMediaView } from './index.ts';
import { createMediaHarness, look, type MediaHarness } from './media-harness.ts';
import { convertible, fitting, mp4, picture, refused, rotated, webm } from './sample-pictures.ts';

let harness: MediaHarness;
let organizationId: string;

beforeAll(async () => {
  harness = await createMediaHarness();
});
afterAll(() => harness.close());
beforeEach(async () => {
  organizationId = await harness.addOrganization();
});
afterEach(async () => {
  for (const row of await harness.rows()) {
    await harness.storage.remove(row.storage_key);
    await harness.storage.remove(row.thumbnail_key);
  }
  await harness.database.db.deleteFrom('media').execute();
});

function fetchMedia(input: Partial<FetchFromUrl> = {}): Promise<MediaRow> {
  return harness.media.fetchFromUrl({ organizationId, url: harness.url, declaredType: 'image', ...input });
}

async function keptBytes(row: MediaRow): Promise<Buffer> {
  const image = await harness.media.readForPublishing(row.id);
  return Buffer.from(image?.base64 ?? '', 'base64');
}

/** The one detail of the refusal that this must end in. */
async function reasonOf(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Refusal)) throw new Error(`Not refused: ${error}`, { cause: error });
  expect(error.declaration).toEqual({
    code: 'UNPROCESSABLE_ENTITY',
    message:
      'Failed to process media URL. Ensure the URL is publicly accessible and points to a valid media file.',
  });
  expect(error.details).toHaveLength(1);
  return error.details[0];
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('a picture that Pinterest takes', () => {
  it.each(Object.entries(fitting))('is kept bit for bit: %s', async (_name, make) => {
    const bytes = await make();
    // What the server says of it does not matter.
    harness.serve(bytes, { 'content-type': 'text/html' });
    const row = await fetchMedia();
    expect((await keptBytes(row)).equals(bytes)).toBe(true);
    expect(row).toMatchObject({
      organization_id: organizationId,
      sha256: sha256(bytes),
      source_sha256: sha256(bytes),
      source_url: harness.url,
      bytes: bytes.length,
      width: 160,
      height: 120,
      duration_ms: null,
    });
    expect(row.content_type).toBe(bytes[0] === 0xff ? 'image/jpeg' : 'image/png');
  });
});

describe('a picture that Pinterest would not take, or that says too much', () => {
  it.each(Object.entries(convertible))('is converted: %s', async (_name, { make, to }) => {
    const bytes = await make();
    harness.serve(bytes);
    const row = await fetchMedia();
    const kept = await keptBytes(row);
    expect(row).toMatchObject({
      content_type: to,
      width: 160,
      height: 120,
      sha256: sha256(kept),
      bytes: kept.length,
    });
    expect(row.source_sha256).toBe(sha256(bytes));
    const { metadata, pixel } = await look(kept);
    expect(metadata).toMatchObject({ mediaType: to, space: 'srgb', depth: 'uchar' });
    expect(metadata.exif).toBeUndefined();
    expect(metadata.xmp).toBeUndefined();
    expect(metadata.icc).toBeUndefined();
    expect(kept.includes('<script>')).toBe(false);
    expect(kept.includes('ftyp')).toBe(false);
    // Red on the left, still.
    expect(pixel(10, 60)[0]).toBeGreaterThan(200);
    expect(pixel(150, 60)[0]).toBeLessThan(110);
    if (to === 'image/png') expect(pixel(150, 60)[3]).toBeLessThanOrEqual(60);
  });

  it('is turned upright', async () => {
    harness.serve(await rotated());
    const row = await fetchMedia();
    expect(row).toMatchObject({ width: 120, height: 160 });
    const { metadata, pixel } = await look(await keptBytes(row));
    expect(metadata).toMatchObject({ width: 120, height: 160 });
    expect(metadata.orientation).toBeUndefined();
    expect(pixel(60, 10)[0]).toBeGreaterThan(200);
    expect(pixel(60, 150)[0]).toBeLessThan(110);
  });

  it('is brought under 20 MB', async () => {
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
    const bytes = await sharp({
      create: { width: 3000, height: 3000, channels: 3, background: 'red', noise },
    })
      .png({ compressionLevel: 1 })
      .toBuffer();
    expect(bytes.length).toBeGreaterThan(20_000_000);
    harness.serve(bytes);
    const row = await fetchMedia();
    expect(row.bytes).toBeLessThanOrEqual(20_000_000);
    expect(row).toMatchObject({ content_type: 'image/jpeg', width: 3000, height: 3000 });
  });
});

describe('what is kept', () => {
  it('comes with a small WebP and a placeholder, and a view of both', async () => {
    harness.serve(await picture().resize(1000, 1500, { fit: 'fill' }).jpeg().toBuffer());
    const row = await fetchMedia();
    const thumbnail = await (await harness.storage.read(row.thumbnail_key))?.toArray();
    const { metadata } = await look(Buffer.concat(thumbnail ?? []));
    expect(metadata).toMatchObject({ format: 'webp', width: 400, height: 600 });
    expect(Buffer.from(row.placeholder, 'base64').length).toBeGreaterThan(10);
    expect(toMediaView(row, 'https://pins.example/')).toEqual({
      id: row.id,
      width: 1000,
      height: 1500,
      contentType: 'image/jpeg',
      bytes: row.bytes,
      sha256: row.sha256,
      thumbnailUrl: `https://pins.example/media/${row.id}/thumbnail.webp`,
      placeholder: row.placeholder,
    });
    expect(mediaUrl(row, 'https://pins.example')).toBe(`https://pins.example/media/${row.id}/image.jpg`);
  });

  it('is one row and one file for equal bytes, however many ask at once', async () => {
    harness.serve(await picture().jpeg().toBuffer());
    const rows = await Promise.all(Array.from({ length: 20 }, () => fetchMedia()));
    expect(new Set(rows.map(({ id }) => id)).size).toBe(1);
    expect(await harness.rows()).toHaveLength(1);
    expect(await harness.files()).toHaveLength(2);
  });

  it('is one row for the same bytes converted again', async () => {
    harness.serve(await picture().webp().toBuffer());
    const first = await fetchMedia();
    expect(await fetchMedia({ url: `${harness.url}?again` })).toEqual(first);
    expect(await harness.rows()).toHaveLength(1);
  });

  it('is apart for two organizations', async () => {
    harness.serve(await picture().jpeg().toBuffer());
    const mine = await fetchMedia();
    const theirs = await fetchMedia({ organizationId: await harness.addOrganization() });
    expect(theirs.sha256).toBe(mine.sha256);
    expect(theirs.id).not.toBe(mine.id);
    expect(theirs.storage_key).not.toBe(mine.storage_key);
  });

  it('is made anew when its file has been lost', async () => {
    const bytes = await picture().jpeg().toBuffer();
    harness.serve(bytes);
    const row = await fetchMedia();
    await harness.storage.remove(row.storage_key);
    expect(await harness.media.readForPublishing(row.id)).toBeNull();
    expect(await fetchMedia()).toEqual(row);
    expect((await keptBytes(row)).equals(bytes)).toBe(true);
  });

  it('is found by id', async () => {
    harness.serve(await picture().jpeg().toBuffer());
    const row = await fetchMedia();
    const found = await harness.media.getMany(harness.database.db, [row.id, 'med_none']);
    expect([...found]).toEqual([[row.id, row]]);
    expect(await harness.media.getMany(harness.database.db, [])).toEqual(new Map());
    expect(await harness.media.readForPublishing('med_none')).toBeNull();
  });
});

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
    ['mp42', 'video', 'video_not_supported_yet', 'Videos cannot be published by this version yet.'],
  ] as const)('tells a video of brand %s, declared as %s', async (brand, declaredType, code, message) => {
    harness.serve(mp4(brand));
    const reason = await reasonOf(fetchMedia({ declaredType }));
    expect(reason?.code).toBe(code);
    expect(reason?.message).toContain(message);
  });

  it('tells a video that Pinterest does not take', async () => {
    harness.serve(webm);
    expect(await reasonOf(fetchMedia({ declaredType: 'video' }))).toMatchObject({
      code: 'unsupported_video_type',
    });
    expect(await reasonOf(fetchMedia())).toMatchObject({ code: 'media_type_mismatch' });
  });

  it('tells a picture that was declared a video', async () => {
    harness.serve(await picture().jpeg().toBuffer());
    const reason = await reasonOf(fetchMedia({ declaredType: 'video' }));
    expect(reason).toMatchObject({ code: 'media_type_mismatch' });
    expect(reason?.message).toContain('This is a picture (image/jpeg). Send "mediaType": "image"');
  });

  it('tells a long video from its beginning, without fetching the rest', async () => {
    const closed = Promise.withResolvers<void>();
    harness.serve((_request, response) => {
      response.once('close', closed.resolve);
      response.writeHead(200, { 'content-length': '2000000000' }).write(mp4('mp42'));
    });
    expect(await reasonOf(fetchMedia())).toMatchObject({ code: 'media_type_mismatch' });
    await closed.promise;
  });

  it('of more than 32 MB comes before they are all there', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    harness.serve((_request, response) => {
      response
        .writeHead(200, { 'content-length': '40000000' })
        .write(Buffer.concat([jpeg, Buffer.alloc(20_000)]));
      response.write(Buffer.alloc(20_000));
    });
    expect(await reasonOf(fetchMedia())).toMatchObject({ code: 'too_large' });
  });

  it('of a URL that cannot be fetched names the field of the request and the reason', async () => {
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

  it('of a picture that drips comes after 15 seconds', async () => {
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

  it('of a picture that breaks off is not a half picture', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    harness.serve((request, response) => {
      response.writeHead(200, { 'content-length': String(jpeg.length) });
      response.write(jpeg.subarray(0, 1000), () => request.socket.destroy());
    });
    expect(await reasonOf(fetchMedia())).toMatchObject({ code: 'connection_failed' });
  });

  it('is an outage when the storage takes no more', async () => {
    harness.serve(await picture().jpeg().toBuffer());
    const media = await harness.openMedia({
      storage: { ...harness.storage, put: () => Promise.reject(new Outage('The media storage')) },
    });
    const asked = media.fetchFromUrl({ organizationId, url: harness.url, declaredType: 'image' });
    await expect(asked).rejects.toThrow(Outage);
  });
});

describe('starting', () => {
  it('sweeps the files that a crash left', async () => {
    const left = join(harness.temporaryDir, 'left');
    await writeFile(left, 'x');
    const longAgo = new Date(harness.clock.now().getTime() - 3_700_000);
    await utimes(left, longAgo, longAgo);
    await harness.openMedia();
    await expect(readFile(left)).rejects.toThrow('ENOENT');
  });
});

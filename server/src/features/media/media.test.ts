// Fetching media: over real HTTP, on real files and a real database.
import { createHash } from 'node:crypto';
import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type MediaRow, mediaUrl, toMediaView } from './index.ts';
import { fetchMedia, harness, look, organizationId, useMedia } from './media.fixture.ts';
import { convertible, fitting, picture, rotated } from './pictures/sample-pictures.fixture.ts';

useMedia();
afterEach(async () => {
  for (const row of await harness.rows()) {
    await harness.storage.remove(row.storage_key);
    await harness.storage.remove(row.thumbnail_key);
  }
  await harness.database.db.deleteFrom('media').execute();
});

async function keptBytes(row: MediaRow): Promise<Buffer> {
  const image = await harness.media.readForPublishing({
    organizationId: row.organization_id,
    mediaId: row.id,
  });
  return Buffer.from(image?.bytes ?? []);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('a picture that Pinterest accepts', () => {
  it.each(Object.entries(fitting))('a picture is stored unchanged: %s', async (_name, make) => {
    const bytes = await make();
    // The Content-Type of the server is ignored.
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

describe('a picture that must be converted', () => {
  it.each(Object.entries(convertible))('a picture is converted: %s', async (_name, { make, to }) => {
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
    expect(kept.equals(bytes)).toBe(false);
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

  it('a rotated picture is stored upright', async () => {
    harness.serve(await rotated());
    const row = await fetchMedia();
    expect(row).toMatchObject({ width: 120, height: 160 });
    const { metadata, pixel } = await look(await keptBytes(row));
    expect(metadata).toMatchObject({ width: 120, height: 160 });
    expect(metadata.orientation).toBeUndefined();
    expect(pixel(60, 10)[0]).toBeGreaterThan(200);
    expect(pixel(60, 150)[0]).toBeLessThan(110);
  });

  it('a large picture is converted to less than 20 MB', async () => {
    const noise = { type: 'gaussian', mean: 128, sigma: 255 } as const;
    const bytes = await sharp({
      create: { width: 3250, height: 3250, channels: 3, background: 'red', noise },
    })
      .png({ compressionLevel: 1 })
      .toBuffer();
    expect(bytes.length).toBeGreaterThan(20_000_000);
    harness.serve(bytes);
    const row = await fetchMedia();
    expect(row.bytes).toBeLessThanOrEqual(20_000_000);
    expect(row).toMatchObject({ content_type: 'image/jpeg', width: 3250, height: 3250 });
  });
});

describe('stored pictures', () => {
  it('a picture has a small WebP, a placeholder and a view of both', async () => {
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

  it('concurrent requests for equal bytes share one row and one file', async () => {
    harness.serve(await picture().jpeg().toBuffer());
    const rows = await Promise.all(Array.from({ length: 20 }, () => fetchMedia()));
    expect(new Set(rows.map(({ id }) => id)).size).toBe(1);
    expect(await harness.rows()).toHaveLength(1);
    expect(await harness.files()).toHaveLength(2);
  });

  it('the same bytes are converted once, and nothing is written again', async () => {
    harness.serve(await picture().webp().toBuffer());
    const first = await fetchMedia();
    const put = vi.spyOn(harness.storage, 'put');
    expect(await fetchMedia({ url: `${harness.url}?again` })).toEqual(first);
    expect(put).not.toHaveBeenCalled();
    expect(await harness.rows()).toHaveLength(1);
    put.mockRestore();
  });

  it('two organizations have separate rows and files', async () => {
    harness.serve(await picture().jpeg().toBuffer());
    const mine = await fetchMedia();
    const theirs = await fetchMedia({ organizationId: await harness.addOrganization() });
    expect(theirs.sha256).toBe(mine.sha256);
    expect(theirs.id).not.toBe(mine.id);
    expect(theirs.storage_key).not.toBe(mine.storage_key);
  });

  it('a missing file is written again', async () => {
    const bytes = await picture().jpeg().toBuffer();
    harness.serve(bytes);
    const row = await fetchMedia();
    await harness.storage.remove(row.storage_key);
    expect(
      await harness.media.readForPublishing({ organizationId: row.organization_id, mediaId: row.id }),
    ).toBeNull();
    expect(await fetchMedia()).toEqual(row);
    expect((await keptBytes(row)).equals(bytes)).toBe(true);
  });

  it('media is found by id', async () => {
    harness.serve(await picture().jpeg().toBuffer());
    const row = await fetchMedia();
    const { db } = harness.database;
    const own = row.organization_id;
    expect([...(await harness.media.getMany(db, own, [row.id, 'med_none']))]).toEqual([[row.id, row]]);
    expect(await harness.media.getMany(db, own, [])).toEqual(new Map());
    expect(await harness.media.readForPublishing({ organizationId: own, mediaId: 'med_none' })).toBeNull();
  });

  it('media is not found for another organization', async () => {
    harness.serve(await picture().jpeg().toBuffer());
    const row = await fetchMedia();
    const stranger = 'org_stranger';
    expect(await harness.media.getMany(harness.database.db, stranger, [row.id])).toEqual(new Map());
    expect(await harness.media.readForPublishing({ organizationId: stranger, mediaId: row.id })).toBeNull();
  });
});

describe('starting', () => {
  it('starting removes the temporary files of a crash', async () => {
    const left = join(harness.temporaryDir, 'left');
    await writeFile(left, 'x');
    const longAgo = new Date(harness.clock.now().getTime() - 3_700_000);
    await utimes(left, longAgo, longAgo);
    await harness.openMedia();
    await expect(readFile(left)).rejects.toThrow('ENOENT');
  });
});

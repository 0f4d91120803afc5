// The files of media of every type that is stored are removed, by a deletion and by the sweep, from a folder and from
// a bucket. Counted in the storage: a file that stays is seen only there.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemContext } from '../../../../test/context.ts';
import { sql } from '../../../platform/db/index.ts';
import { createLog } from '../../../platform/log.ts';
import { createS3Storage, type Storage } from '../../../platform/storage/index.ts';
import { credentials, startS3 } from '../../../platform/storage/s3-server.fixture.ts';
import type { MediaRow, MediaService } from '../index.ts';
import { harness, organizationId, useMedia } from '../media.fixture.ts';
import { picture } from '../pictures/sample-pictures.fixture.ts';
import { deleteMedia } from '../use-cases/delete-media.ts';
import { video } from '../videos/sample-videos.fixture.ts';
import { ownerOf, type StoredType } from './stored-files.ts';

const silentLog = createLog({ level: 'silent', format: 'json' });

useMedia();

let root: string;
let s3: Awaited<ReturnType<typeof startS3>>;
let storages: Record<'a folder' | 'a bucket', { storage: Storage; media: MediaService }>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pintail-stored-'));
  s3 = await startS3(join(root, 'buckets'));
  await s3.makeBucket('media');
  const { clock, storage, media } = harness;
  const bucket = await createS3Storage({
    ...{ endpoint: s3.endpoint, bucket: 'media', ...credentials },
    ...{ spoolFolder: join(root, 'spool'), clock },
  });
  storages = {
    'a folder': { storage, media },
    'a bucket': { storage: bucket, media: await harness.openMedia({ storage: bucket }) },
  };
});
afterAll(async () => {
  await s3.close();
  await rm(root, { recursive: true });
});

/** A type that is added to the list of stored types needs a line here, or this does not compile. */
const samples: Record<StoredType, { extension: string; make: () => Promise<Buffer> }> = {
  'image/jpeg': { extension: 'jpg', make: () => picture(1).jpeg().toBuffer() },
  'image/png': { extension: 'png', make: () => picture(1).png().toBuffer() },
  'video/mp4': { extension: 'mp4', make: () => video() },
  'video/quicktime': { extension: 'mov', make: () => video({ container: 'mov' }) },
};

/** Later than any file was put, whatever clock said when. */
const later = new Date('2999-01-01T00:00:00Z');

type RemoveMedia = (row: MediaRow, media: MediaService) => Promise<unknown>;

const ways: Record<string, RemoveMedia> = {
  'a deletion': (row, media) => {
    const { database, clock } = harness;
    const context = systemContext({ parts: { database, clock, log: silentLog }, organizationId });
    return deleteMedia({ database, media, publicUrl: 'http://pintail.test' }, context, row.id);
  },
  'the sweep of rows': (_row, media) => media.sweep({ now: later }),
  'the sweep of files without a row': async (row, media) => {
    await harness.database.db.deleteFrom('media').where('id', '=', row.id).execute();
    await media.sweep({ now: later });
  },
};

const cases = (['a folder', 'a bucket'] as const).flatMap((place) =>
  Object.entries(samples).flatMap(([contentType, sample]) =>
    Object.entries(ways).map(([way, remove]) => ({ place, contentType, ...sample, way, remove })),
  ),
);

test.each(cases)('$way removes $contentType from $place', async ({ place, contentType, ...rest }) => {
  const { storage, media } = storages[place];
  const keys = async () =>
    (await storage.list({ prefix: organizationId, limit: 1000 })).map(({ key }) => key);
  expect(await keys()).toEqual([]);
  harness.serve(await rest.make());
  const row = await media.fetchFromUrl({ organizationId, url: harness.url, declaredType: 'any' });
  expect(row.content_type).toBe(contentType);
  const extensions = (await keys()).map((key) => key.replace(/^[^.]*\./, ''));
  expect(extensions).toEqual([rest.extension, 'thumbnail.webp'].sort());
  await rest.remove(row, media);
  expect(await keys()).toEqual([]);
});

test('the table accepts the stored types, and no others', async () => {
  const { rows } = await sql<{ definition: string }>`
    select pg_get_constraintdef(oid) as definition from pg_constraint where conname = 'media_content_type_check'
  `.execute(harness.database.db);
  const types = rows.flatMap(({ definition }) => definition.match(/\w+\/\w+/g) ?? []);
  expect(types.sort()).toEqual(Object.keys(samples).sort());
});

describe('a key that is not the name of stored media', () => {
  const digest = 'ab'.repeat(32);
  const org = `org_${'0'.repeat(26)}`;

  test.each([
    `${org}/ab/${digest}.mp5`,
    `${org}/ab/${digest}.mp4.bak`,
    `${org}/ab/${digest}`,
    `${org}/ac/${digest}.mp4`,
    `backup/${org}/ab/${digest}.mp4`,
    'notes.txt',
  ])('%s has no owner', (key) => {
    expect(ownerOf(key)).toBeUndefined();
    expect(ownerOf(`${org}/ab/${digest}.mp4`)).toEqual({ organizationId: org, sha256: digest });
  });
});

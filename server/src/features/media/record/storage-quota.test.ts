import { expect, test } from 'vitest';
import { harness, organizationId, reasonOf, useMedia } from '../media.fixture.ts';
import { picture } from '../pictures/sample-pictures.fixture.ts';

useMedia();

test('media above the storage of an organization are refused by name, and others can add some', async () => {
  const files = await Promise.all([1, 2, 3].map((seed) => picture(seed).jpeg().toBuffer()));
  const bytes = files.map((file) => file.length);
  const organizationBytesMax = 2 * Math.max(...bytes);
  const media = await harness.openMedia({ organizationBytesMax });
  harness.serve((request, response) => void response.end(files[Number(request.url?.slice(-1))]));
  const add = (index: number, id = organizationId) =>
    media.fetchFromUrl({ organizationId: id, url: `${harness.url}?${index}`, declaredType: 'image' });
  const first = await add(0);
  await add(1);
  expect(await reasonOf(add(2))).toMatchObject({ path: 'mediaUrl', code: 'storage_quota_reached' });
  // The same file again needs no more storage.
  expect((await add(1)).bytes).toBe(bytes[1]);
  expect((await add(2, await harness.addOrganization())).bytes).toBe(bytes[2]);

  await harness.database.db
    .updateTable('media')
    .set({ deleted_at: harness.clock.now() })
    .where('id', '=', first.id)
    .execute();
  await add(2);
  // A process that begins later counts what is stored.
  const later = await harness.openMedia({ organizationBytesMax });
  const again = later.fetchFromUrl({ organizationId, url: `${harness.url}?0`, declaredType: 'image' });
  expect((await reasonOf(again))?.code).toBe('storage_quota_reached');
});

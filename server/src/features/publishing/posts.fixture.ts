// Creates posts for the tests of publishing. Writes rows directly where the API is not what is tested.

import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { PinterestAccount } from '../../../test/app.ts';
import { newPost } from '../../../test/new-post.ts';
import { account, app } from '../../../test/publishing.ts';
import { newId } from '../../domain/ids.ts';
import { addMs } from '../../platform/clock.ts';
import { json } from '../../platform/db/index.ts';
import { createFolderStorage } from '../../platform/storage/index.ts';
import { systemActor } from '../../platform/use-case/index.ts';
import { createPosts } from '../posts/record/content.ts';

/**
 * Stores a video without using the API. Pinterest, and so the simulator, reads only the first bytes of a file.
 */
export async function storeVideo(sizeBytes = 200_000): Promise<{ id: string; sha256: string }> {
  const bytes = Buffer.concat([
    Buffer.from('0000001866747970' + '69736f6d0000020069736f6d6d703432', 'hex'),
    randomBytes(sizeBytes),
  ]);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const id = newId('med');
  const key = `${app.organizationId}/${sha256}.mp4`;
  const folder = join(app.parts.config.dataDir, 'media');
  const storage = await createFolderStorage({ folder, clock: app.clock });
  await storage.put(key, Readable.from([bytes]));
  await app.database.db
    .insertInto('media')
    .values({
      id,
      organization_id: app.organizationId,
      sha256,
      source_sha256: sha256,
      content_type: 'video/mp4',
      bytes: bytes.length,
      width: 1080,
      height: 1920,
      duration_ms: 8_000,
      storage_key: key,
      thumbnail_key: key,
      placeholder: '',
      created_at: app.clock.now(),
      check_at: app.clock.now(),
    })
    .execute();
  return { id, sha256 };
}

/** Creates a queued video post that is due in `ms` milliseconds. */
export async function createVideoPost(
  ms: number,
  {
    title = 'A video',
    mediaId,
    of = account,
  }: { title?: string; mediaId?: string; of?: PinterestAccount } = {},
): Promise<string> {
  const id = newId('post');
  const video = mediaId ?? (await storeVideo()).id;
  const now = app.clock.now();
  await app.database.transaction((tx) =>
    createPosts(
      tx,
      [
        newPost({
          id,
          organizationId: app.organizationId,
          accountId: of.accountId,
          title,
          boardId: of.boards.Recipes ?? null,
          mediaType: 'video',
          mediaId: video,
          sendAt: addMs(now, ms),
        }),
      ],
      { actor: systemActor, now },
    ),
  );
  return id;
}

/** Stores the samples with these names. */
export async function storePictures(names: readonly string[]): Promise<{ id: string; sha256: string }[]> {
  const stored: { id: string; sha256: string }[] = [];
  for (const name of names) {
    const { media } = await app.createPost(account, { mediaUrl: app.picture(name), sendAt: undefined });
    stored.push(media);
  }
  return stored;
}

export async function changePost(
  id: string,
  change: {
    carousel?: { mediaId: string; title: string | null; description: string | null; url: string | null }[];
    board_section_id?: string;
    product_tag_pin_ids?: string[];
    cover_media_id?: string;
    cover_seconds?: number;
  },
): Promise<void> {
  const { carousel, ...rest } = change;
  await app.database.db
    .updateTable('posts')
    .set({ ...rest, ...(carousel && { carousel: json(carousel) }) })
    .where('id', '=', id)
    .execute();
}

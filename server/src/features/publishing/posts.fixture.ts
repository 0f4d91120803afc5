// Posts with what the tests of publishing need, written to the row where the way through the API is not what is
// tested.
import { account, app } from '../../../test/publishing.ts';
import { json } from '../../platform/db/index.ts';

/** The ids of stored pictures, by the names of samples. */
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
  },
): Promise<void> {
  const { carousel, ...rest } = change;
  await app.database.db
    .updateTable('posts')
    .set({ ...rest, ...(carousel && { carousel: json(carousel) }) })
    .where('id', '=', id)
    .execute();
}

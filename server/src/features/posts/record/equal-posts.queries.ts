// Posts that equal others: for entries of a batch that were sent before.
import { type Connection, sql } from '../../../platform/db/index.ts';
import type { PostRow } from './posts.queries.ts';

export type EqualPost = Pick<
  PostRow,
  'id' | 'match_key' | 'media_id' | 'board_section_id' | 'send_at' | 'external_id'
> & { carousel: string | null; cover_media_id: string | null };

/** A batch has at most 1,000 entries, and each needs one equal post. */
const postsPerMediumMax = 1_000;

/**
 * Lists the posts of an account that have one of these media and one of these match keys, the oldest first. Walks the index
 * posts_by_media for each of the media, so it reads what has the same media, whatever else the account has.
 */
export async function listEqualPosts(
  connection: Connection,
  accountId: string,
  { mediaIds, matchKeys }: { mediaIds: readonly string[]; matchKeys: readonly string[] },
): Promise<EqualPost[]> {
  if (mediaIds.length === 0) return [];
  const { rows } = await sql<EqualPost>`
    select p.* from unnest(${[...new Set(mediaIds)]}::text[]) as named (media_id)
    cross join lateral (
      select id, match_key, media_id, board_section_id, send_at, external_id, carousel::text, cover_media_id
      from posts
      -- As expressions, so that only posts_by_media can serve the look-up (domain/post-lookups.queries.ts).
      where media_id = named.media_id and account_id || '' = ${accountId} and (deleted_at is null) is true
        and match_key = any(${[...new Set(matchKeys)]}::text[])
      -- Keeps the look-up separate for each of the media. In a new database PostgreSQL would read the table once instead.
      limit ${postsPerMediumMax}
    ) p
    order by p.id
  `.execute(connection);
  return rows;
}

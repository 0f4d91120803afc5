// The posts of an account with the same destination at about the same time, and their pictures.
import { hasDestination } from '../../../domain/post-lookups.queries.ts';
import { isFailed } from '../../../domain/post-states.queries.ts';
import { type Connection, sql } from '../../../platform/db/index.ts';

export interface PostToCompare {
  postId: string;
  at: Date;
  sha256: string;
  sourceSha256: string;
  perceptualHash: string | null;
}

export interface SimilarPostQuery {
  organizationId: string;
  accountId: string;
  destinationKey: string;
  from: Date;
  until: Date;
  exceptPostId: string | undefined;
}

/** The maximum number of posts that are compared: with more, the warning would be of no use. */
const postsMax = 500;

/**
 * Walks the index posts_by_destination. Failed posts do not count, because they may never be published.
 *
 * The posts are a subquery with LIMIT, which PostgreSQL does not merge with the join. Otherwise, while few media are
 * stored, it would start from the media and read all posts of the account that use them.
 */
export async function listPostsToCompare(db: Connection, query: SimilarPostQuery): Promise<PostToCompare[]> {
  let posts = db
    .selectFrom('posts')
    .select(['id', 'listed_at', 'media_id'])
    .where(hasDestination(sql`posts`, query))
    .where('organization_id', '=', query.organizationId)
    .where('listed_at', '>=', query.from)
    .where('listed_at', '<=', query.until)
    .where(sql<boolean>`not ${isFailed(sql`posts`)}`)
    .orderBy('listed_at')
    .limit(postsMax);
  if (query.exceptPostId !== undefined) posts = posts.where('id', '<>', query.exceptPostId);
  return db
    .selectFrom(posts.as('p'))
    .innerJoin('media', 'media.id', 'p.media_id')
    .select([
      'p.id as postId',
      'p.listed_at as at',
      'media.sha256',
      'media.source_sha256 as sourceSha256',
      'media.perceptual_hash as perceptualHash',
    ])
    .orderBy('p.listed_at')
    .execute();
}

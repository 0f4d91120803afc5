// The posts of an account with the same destination at about the same time, and their pictures.
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

/** Walks the index posts_by_destination. Failed posts do not count, because they may never be published. */
export async function listPostsToCompare(db: Connection, query: SimilarPostQuery): Promise<PostToCompare[]> {
  let posts = db
    .selectFrom('posts')
    .innerJoin('media', 'media.id', 'posts.media_id')
    .select([
      'posts.id as postId',
      'posts.listed_at as at',
      'media.sha256',
      'media.source_sha256 as sourceSha256',
      'media.perceptual_hash as perceptualHash',
    ])
    .where('posts.account_id', '=', query.accountId)
    .where('posts.organization_id', '=', query.organizationId)
    .where('posts.destination_key', '=', query.destinationKey)
    .where('posts.listed_at', '>=', query.from)
    .where('posts.listed_at', '<=', query.until)
    .where('posts.deleted_at', 'is', null)
    .where(sql<boolean>`not ${isFailed(sql`posts`)}`)
    .orderBy('posts.listed_at')
    .limit(postsMax);
  if (query.exceptPostId !== undefined) posts = posts.where('posts.id', '<>', query.exceptPostId);
  return posts.execute();
}

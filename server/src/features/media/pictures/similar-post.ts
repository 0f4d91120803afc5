// Finds a post with the same picture for the same page: Pinterest treats it as spam, and callers mostly mean it as a mistake.
import { addMs } from '../../../platform/clock.ts';
import type { Connection } from '../../../platform/db/index.ts';
import type { MediaRow } from '../record/media.queries.ts';
import { looksLike } from './perceptual-hash.ts';
import { listPostsToCompare, type PostToCompare } from './similar-posts.queries.ts';

export interface FindSimilarPost {
  organizationId: string;
  accountId: string;
  media: MediaRow;
  /** `posts.destination_key`; without a destination nothing is similar. */
  destinationKey: string | null;
  /** When the post would go out. */
  around: Date;
  /** How far from there, in either direction, others count. */
  withinDays: number;
  /** The post itself, when it exists already. */
  exceptPostId?: string;
}

export interface SimilarPost {
  postId: string;
  /** When it went or goes out; when it was made for a draft. */
  at: Date;
  /** Equal to the byte, or only near-equal to look at. */
  isSame: boolean;
}

const dayMs = 24 * 3600 * 1000;

/** The nearest in time of those with the very same picture, or else of those with one that looks like it. */
export async function findSimilarPost(db: Connection, query: FindSimilarPost): Promise<SimilarPost | null> {
  const { destinationKey, around, withinDays, media } = query;
  if (destinationKey === null) return null;
  const posts = await listPostsToCompare(db, {
    organizationId: query.organizationId,
    accountId: query.accountId,
    destinationKey,
    from: addMs(around, -withinDays * dayMs),
    until: addMs(around, withinDays * dayMs),
    exceptPostId: query.exceptPostId,
  });
  const distance = (post: PostToCompare) => Math.abs(post.at.getTime() - around.getTime());
  const byDistance = posts.toSorted((a, b) => distance(a) - distance(b));
  const same = byDistance.find((post) => isSame(post, media));
  const match = same ?? byDistance.find((post) => isNear(post, media));
  return match ? { postId: match.postId, at: match.at, isSame: match === same } : null;
}

function isSame(post: PostToCompare, media: MediaRow): boolean {
  return post.sha256 === media.sha256 || post.sourceSha256 === media.source_sha256;
}

function isNear(post: PostToCompare, media: MediaRow): boolean {
  return (
    post.perceptualHash !== null &&
    media.perceptual_hash !== null &&
    looksLike(post.perceptualHash, media.perceptual_hash)
  );
}

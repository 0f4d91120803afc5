// Finds a post with the same picture and the same destination. Pinterest treats such posts as spam, and most are
// mistakes.
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
  /** When the post would be published. */
  around: Date;
  /** The maximum distance from `at`, in either direction. */
  withinDays: number;
  /** The post itself, if it already exists. */
  exceptPostId?: string;
}

export interface SimilarPost {
  postId: string;
  /** When it was or will be published; the time of creation for a draft. */
  at: Date;
  /** Whether the pictures are byte for byte equal, or only look alike. */
  isSame: boolean;
}

const dayMs = 24 * 3600 * 1000;

/** Returns the post nearest in time with the same picture, or else with a picture that looks like it. */
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

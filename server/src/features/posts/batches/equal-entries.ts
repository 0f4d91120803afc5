// Finds the entries of a group that equal a post which exists, or an earlier entry. People upload one growing sheet again and
// again, and doubled Pins are what gets accounts blocked.
import type { Tx } from '../../../platform/db/index.ts';
import type { PreparedPost } from '../compose/new-post.ts';
import type { PostContent } from '../record/content.ts';
import { type EqualPost, listEqualPosts } from '../record/equal-posts.queries.ts';
import { matchKey } from '../record/match-key.ts';

/** An entry whose post exists: the id of that post, or the earlier entry of the group that will create it. */
export type Equal = { kind: 'post'; postId: string } | { kind: 'entry'; post: PreparedPost };

/**
 * Returns the prepared posts that must not be created, each with what it equals: the same board, section, media, texts, link
 * and time. A post without a time of its own (a draft, the next open slot) equals one with any time.
 */
export async function findEqual(
  tx: Tx,
  accountId: string,
  prepared: readonly PreparedPost[],
): Promise<Map<PreparedPost, Equal>> {
  const contents = prepared.flatMap((post) => post.contents);
  const keys = new Map(contents.map((content) => [content, matchKey(content)]));
  const stored = await listEqualPosts(tx, accountId, {
    mediaIds: contents.map(({ mediaId }) => mediaId),
    matchKeys: [...keys.values()],
  });
  const byKey = Map.groupBy(stored, (post) => post.match_key);
  const equals = new Map<PreparedPost, Equal>();
  const earlier = new Map<string, PreparedPost>();
  for (const post of prepared) {
    // With several boards only the first post has the time of the body.
    const equal = post.contents.map((content, index) =>
      byKey
        .get(keys.get(content) ?? '')
        ?.find((row) => equalsPost(row, content, index === 0 ? timeOf(post) : null)),
    );
    const [first] = equal;
    if (first && equal.every((row) => row !== undefined)) {
      equals.set(post, { kind: 'post', postId: first.id });
      continue;
    }
    const identity = identityOf(post, keys);
    const same = earlier.get(identity);
    if (same) equals.set(post, { kind: 'entry', post: same });
    else earlier.set(identity, post);
  }
  return equals;
}

const timeOf = ({ timing }: PreparedPost) => (timing.kind === 'at' && !timing.isNow ? timing.at : null);

function equalsPost(row: EqualPost, content: PostContent, at: Date | null): boolean {
  const ids = [row.external_id, content.externalId];
  return (
    row.media_id === content.mediaId &&
    row.board_section_id === content.boardSectionId &&
    row.cover_media_id === content.coverMediaId &&
    slides(row.carousel === null ? null : JSON.parse(row.carousel)) === slides(content.carousel) &&
    (at === null || row.send_at?.getTime() === at.getTime()) &&
    (ids.includes(null) || row.external_id === content.externalId)
  );
}

function slides(carousel: PostContent['carousel']): string {
  return JSON.stringify(
    carousel?.map(({ mediaId, title, description, url }) => [mediaId, title, description, url]) ?? null,
  );
}

function identityOf(post: PreparedPost, keys: ReadonlyMap<PostContent, string>): string {
  return JSON.stringify([
    timeOf(post)?.getTime() ?? post.timing.kind,
    post.intervalDays,
    ...post.contents.map((content) => [
      keys.get(content),
      content.mediaId,
      content.boardSectionId,
      content.coverMediaId,
      slides(content.carousel),
      content.externalId,
    ]),
  ]);
}

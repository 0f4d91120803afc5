// The events of a post, for its timeline.
import type { Selectable } from 'kysely';
import type { Connection, Schema } from '../../../platform/db/index.ts';
import type { PostRow } from '../record/posts.queries.ts';

export type EventRow = Pick<Selectable<Schema['events']>, 'type' | 'at' | 'actor' | 'data'>;

/** Returns the newest events of a post, oldest first. The order of their ids is that of the post's versions. */
export async function listPostEvents(
  connection: Connection,
  post: Pick<PostRow, 'id' | 'account_id' | 'organization_id'>,
  limit: number,
): Promise<EventRow[]> {
  const rows = await connection
    .selectFrom('events')
    .select(['type', 'at', 'actor', 'data'])
    .where('post_id', '=', post.id)
    .where('account_id', '=', post.account_id)
    .where('organization_id', '=', post.organization_id)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.toReversed();
}

import type { RawBuilder, Selectable, Updateable } from 'kysely';
import { isQueued, isSent, isShownAsQueued } from '../../../domain/post-states.queries.ts';
import { type Connection, type Schema, sql, type Tx } from '../../../platform/db/index.ts';
import type { Caller } from '../../../platform/use-case/index.ts';

export type PostRow = Selectable<Schema['posts']> & {
  /** Whether the video of a queued post is being uploaded to Pinterest. Read for responses only. */
  is_video_going_up?: boolean;
};
type Columns = Updateable<Schema['posts']>;
export type PostChange = { [Column in keyof Columns]: Columns[Column] | RawBuilder<Columns[Column]> };

/** SQL: whether the video of the row `posts` is being uploaded to Pinterest. */
export const isVideoGoingUp = sql<boolean>`(
  posts.media_type = 'video' and ${isQueued(sql`posts`)} and exists (
    select 1 from video_uploads v
    where v.post_id = posts.id and v.media_id = posts.media_id and v.status <> 'ready'
  )
)`;

export interface PostPath {
  accountId: string;
  postId: string;
}

/** Finds a post of the caller's organization that is not deleted. The caller has checked that the key may see the account. */
export async function findPost(
  connection: Connection,
  caller: Pick<Caller, 'organizationId'>,
  { accountId, postId }: PostPath,
): Promise<PostRow | undefined> {
  return connection
    .selectFrom('posts')
    .selectAll()
    .select(isVideoGoingUp.as('is_video_going_up'))
    .where('id', '=', postId)
    .where('account_id', '=', accountId)
    .where('organization_id', '=', caller.organizationId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
}

/**
 * Finds posts of the caller's organization that are not deleted, by id.
 * @param lock Whether to lock them until the transaction ends.
 */
export async function findPosts(
  connection: Connection,
  caller: Pick<Caller, 'organizationId'>,
  { accountId, postIds, lock = false }: { accountId: string; postIds: readonly string[]; lock?: boolean },
): Promise<Map<string, PostRow>> {
  const query = connection
    .selectFrom('posts')
    .selectAll()
    .where('id', '=', sql<string>`any(${[...postIds]}::text[])`)
    .where('account_id', '=', accountId)
    .where('organization_id', '=', caller.organizationId)
    .where('deleted_at', 'is', null)
    // Always in the same order, so that two transactions that lock several posts do not deadlock.
    .orderBy('id');
  const rows = await (lock ? query.forNoKeyUpdate() : query).execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** Locks up to `limit` queued and missed posts of an account until the transaction ends, and returns their ids. */
export async function lockQueuedPosts(
  tx: Tx,
  account: Pick<PostRow, 'account_id' | 'organization_id'>,
  limit: number,
): Promise<Pick<PostRow, 'id' | 'external_id'>[]> {
  // Walks the index posts_listed. It waits for a post that a worker is just moving, which then does not match any more.
  return tx
    .selectFrom('posts')
    .select(['id', 'external_id'])
    .where('account_id', '=', account.account_id)
    .where('organization_id', '=', account.organization_id)
    .where(isShownAsQueued(sql`posts`))
    .where('deleted_at', 'is', null)
    .orderBy('listed_at')
    .orderBy('id')
    .limit(limit)
    .forUpdate()
    .execute();
}

/** Lists posts of every organization that were queued and overdue at a moment: they may have been published since. */
export async function listDoubtful(connection: Connection, before: Date, limit: number): Promise<PostRow[]> {
  return (
    connection
      .selectFrom('posts')
      .selectAll()
      .where('deleted_at', 'is', null)
      .where(isQueued(sql`posts`))
      // Posts that run are in the index posts_due, which contains none that is finished.
      .where('run_at', 'is not', null)
      .where('send_at', '<=', before)
      .orderBy('id')
      .limit(limit)
      .execute()
  );
}

/** Lists the ids of those Pins that belong to posts of the account. */
export async function listOwnedPinIds(
  connection: Connection,
  accountId: string,
  pinIds: readonly string[],
): Promise<Set<string>> {
  if (pinIds.length === 0) return new Set();
  const rows = await connection
    .selectFrom('posts')
    .select('pin_id')
    .where('account_id', '=', accountId)
    .where('pin_id', 'in', [...pinIds])
    .execute();
  return new Set(rows.flatMap((row) => row.pin_id ?? []));
}

/** Finds the post of the account to which a Pin belongs. */
export async function findPostOfPin(
  connection: Connection,
  accountId: string,
  pinId: string,
): Promise<Pick<PostRow, 'id'> | undefined> {
  return connection
    .selectFrom('posts')
    .select('id')
    .where('account_id', '=', accountId)
    .where('pin_id', '=', pinId)
    .executeTakeFirst();
}

/** The page size of `removeDeletedPosts` and `removePublishedPosts`. */
export const deletedRemovedAtOnce = 1_000;

/** Removes a page of the marks of posts that were deleted before a moment. Returns their number. */
export async function removeDeletedPosts(connection: Connection, before: Date): Promise<number> {
  // The order makes the planner use the index on deleted_at even where the statistics contain no deleted posts. The array
  // makes it look up the posts by their key, whatever number it expects.
  const result = await sql`
    delete from posts where id = any(array(
      select id from posts where deleted_at < ${before} order by deleted_at limit ${deletedRemovedAtOnce}
    ))
  `.execute(connection);
  return Number(result.numAffectedRows ?? 0);
}

/**
 * Removes a page of the posts that were published before a moment, whatever account they belong to. Returns their number. Walks
 * the index posts_listed for each account.
 */
export async function removePublishedPosts(connection: Connection, before: Date): Promise<number> {
  const result = await sql`
    delete from posts where id = any(array(
      select old.id from accounts a
      cross join lateral (
        select id from posts p
        where p.account_id = a.id and ${isSent(sql`p`)} and p.listed_at < ${before} and p.deleted_at is null
        order by p.listed_at
        limit ${deletedRemovedAtOnce}
      ) old
      limit ${deletedRemovedAtOnce}
    ))
  `.execute(connection);
  return Number(result.numAffectedRows ?? 0);
}

/** Whether the database refused a write because another post has the externalId. */
export function isExternalIdViolation(error: unknown): boolean {
  return error instanceof Error && 'constraint' in error && error.constraint === 'posts_by_external_id';
}

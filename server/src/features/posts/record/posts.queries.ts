import { type RawBuilder, type Selectable, sql, type Updateable } from 'kysely';
import { isQueued, isShownAsQueued } from '../../../domain/post-states.queries.ts';
import type { Connection, Schema, Tx } from '../../../platform/db/index.ts';
import { insertionOfEvents, type NewEvent } from '../../../platform/outbox/index.ts';
import type { Caller } from '../../../platform/use-case/index.ts';

export type PostRow = Selectable<Schema['posts']> & {
  /** Read with posts that are shown: whether the video of a queued one is on its way to Pinterest. */
  is_video_going_up?: boolean;
};
type Columns = Updateable<Schema['posts']>;
export type PostChange = { [Column in keyof Columns]: Columns[Column] | RawBuilder<Columns[Column]> };

/** For posts that are shown. */
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

/** The post, if it is one of the caller's organization and not deleted. Whether the key may see the account was asked before. */
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
 * Those of them that are the caller's and not deleted, by id.
 * @param lock Whether they are to stay as they are until the transaction ends.
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
    // Always in the same order: two that lock several must not wait for each other.
    .orderBy('id');
  const rows = await (lock ? query.forNoKeyUpdate() : query).execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * The words of the post `p` by which it can be found. Its account, board and tags are words too, with a sign in front
 * that no word of a text starts with.
 */
export const searchOf: RawBuilder<unknown> = sql`(
  to_tsvector('simple', concat_ws(
    ' ', p.title, p.description, p.url,
    regexp_replace(regexp_replace(p.url, '^https?://', '', 'i'), '[^[:alnum:]]+', ' ', 'g')
  ))
  || array_to_tsvector(
    array['=' || p.account_id]
    || case when p.board_id is null then '{}' else array['@' || p.board_id] end
    || coalesce((select array_agg('#' || tag) from unnest(p.tags) tag), '{}')
  )
)`;

/** What is written of a post that exists. */
export interface PostWrite {
  change: PostChange;
  event: NewEvent;
  /** Whether the change touches what the post can be found by. */
  hasNewWords?: boolean;
  /** Whoever needs nothing else of the row saves the rest its way. */
  answersWithId?: boolean;
  /** A statement that yields one row if the post may be written, and locks what must stay so until it is. */
  guard?: RawBuilder<unknown>;
}

export type Written =
  | { kind: 'written'; post: PostRow }
  /** The guard yielded no row. */
  | { kind: 'forbidden' }
  /** The post has moved on since it was read. */
  | { kind: 'changed' };

/** The post's row; of nulls when it was not written; none when the guard forbade it. */
export type WrittenRow = PostRow | Record<keyof PostRow, null>;

/** Only for move-post.ts and post-content.ts. */
export async function writePost(
  connection: Connection,
  post: Pick<PostRow, 'id' | 'version'>,
  write: PostWrite,
): Promise<Written> {
  return readWritten((await writingOf(post, write).execute(connection)).rows);
}

/** What the statement of writingOf has come to. */
export function readWritten(rows: readonly WrittenRow[]): Written {
  const [row] = rows;
  const kind = kindOfWritten(rows);
  return kind === 'written' ? { kind, post: row as PostRow } : { kind };
}

/** The same, of the ids alone. */
export function kindOfWritten([row]: readonly Pick<WrittenRow, 'id'>[]): Written['kind'] {
  if (!row) return 'forbidden';
  return row.id === null ? 'changed' : 'written';
}

/**
 * Only for move-post.ts and post-content.ts. Writes a post with its event, in one statement: all of it, or nothing
 * when the guard forbids it or the post has moved on since it was read.
 *
 * A statement sees the database as it was when it began, also if it then waits for a lock. What makes this right all
 * the same: whatever is locked or updated is looked at once more in its newest version. The guard's row is locked
 * before the post is touched, because the update joins it; so the guard has to lock what it asks about, and the
 * version has to be a condition of the update itself.
 */
export function writingOf(
  post: Pick<PostRow, 'id' | 'version'>,
  { change, event, hasNewWords = false, answersWithId = false, guard = sql`select 1` }: PostWrite,
): RawBuilder<WrittenRow> {
  const settings = Object.entries(change).map(([column, value]) => sql`${sql.ref(column)} = ${value}`);
  const searchable = sql`,
    searchable as (
      update post_search s set search = ${searchOf} from written p where s.post_id = p.id
    )`;
  return sql<WrittenRow>`
    with guard as materialized (${guard}),
    written as (
      update posts set ${sql.join(settings)}, version = posts.version + 1
      from guard
      where posts.id = ${post.id} and posts.version = ${post.version} and posts.deleted_at is null
      returning posts.*
    ),
    told as (${insertionOfEvents([event], sql`exists (select 1 from written)`)})
    ${hasNewWords ? searchable : sql``}
    select ${answersWithId ? sql`written.id` : sql`written.*`} from guard left join written on true
  `;
}

/** Up to `limit` queued posts of an account, which then stay as they are until the transaction ends. */
export async function lockQueuedIds(
  tx: Tx,
  account: Pick<PostRow, 'account_id' | 'organization_id'>,
  limit: number,
): Promise<string[]> {
  // Walks the index posts_listed. One that a worker claims this moment is waited for, and then left out.
  const rows = await tx
    .selectFrom('posts')
    .select('id')
    .where('account_id', '=', account.account_id)
    .where('organization_id', '=', account.organization_id)
    .where(isShownAsQueued(sql`posts`))
    .where('deleted_at', 'is', null)
    .orderBy('listed_at')
    .orderBy('id')
    .limit(limit)
    .forUpdate()
    .execute();
  return rows.map((row) => row.id);
}

/** Only for move-post.ts: the posts are locked, so none can have moved on. */
export async function updateLockedRows(tx: Tx, ids: readonly string[], change: PostChange): Promise<void> {
  await tx
    .updateTable('posts')
    .set((eb) => ({ ...change, version: eb('version', '+', 1) }))
    .where('id', '=', sql<string>`any(${[...ids]}::text[])`)
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

/** Of these Pins, the ones that belong to posts of the account already. */
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

/** The post of the account to which a Pin belongs. */
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

/** A full page of `removeDeletedPosts`. */
export const deletedRemovedAtOnce = 1_000;

/** Removes the marks of posts deleted before a moment; some at a time, so that no statement takes long. */
export async function removeDeletedPosts(connection: Connection, before: Date): Promise<number> {
  // In the order of the index on deleted_at, so that it is used even where statistics know of no deleted posts. An
  // array, because it is looked up by the key however many a plan expects.
  const result = await sql`
    delete from posts where id = any(array(
      select id from posts where deleted_at < ${before} order by deleted_at limit ${deletedRemovedAtOnce}
    ))
  `.execute(connection);
  return Number(result.numAffectedRows ?? 0);
}

/** Which of these ids of the caller's posts of the account have, and which posts. */
export async function findPostsByExternalId(
  connection: Connection,
  accountId: string,
  externalIds: readonly string[],
): Promise<Map<string, Pick<PostRow, 'id'>>> {
  if (externalIds.length === 0) return new Map();
  const rows = await connection
    .selectFrom('posts')
    .select(['id', 'external_id'])
    .where('account_id', '=', accountId)
    .where('external_id', '=', sql<string>`any(${[...externalIds]}::text[])`)
    .where('deleted_at', 'is', null)
    .execute();
  return new Map(
    rows.flatMap(({ id, external_id }) => (external_id === null ? [] : [[external_id, { id }]])),
  );
}

/** Whether the database refused a write because another post has the externalId. */
export function isExternalIdViolation(error: unknown): boolean {
  return error instanceof Error && 'constraint' in error && error.constraint === 'posts_by_external_id';
}

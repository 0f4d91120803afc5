import type { InsertObject, Selectable, UpdateObject } from 'kysely';
import type { Connection, Schema } from '../../platform/db/index.ts';
import type { Caller } from '../../platform/http/caller.ts';

export type PostRow = Selectable<Schema['posts']>;
export type NewPostRow = InsertObject<Schema, 'posts'>;
export type PostChange = UpdateObject<Schema, 'posts'>;

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
    .where('id', '=', postId)
    .where('account_id', '=', accountId)
    .where('organization_id', '=', caller.organizationId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
}

export type ListStatus = 'draft' | 'queued' | 'uploading' | 'sent' | 'failed' | 'missed';

export interface ListFilter {
  organizationId: string;
  accountId: string;
  status: ListStatus;
  from: Date | undefined;
  until: Date | undefined;
  now: Date;
  /** The last entry of the page before. */
  after: { listedAt: Date; id: string } | undefined;
  limit: number;
}

/** One page: queued posts soonest first, all others newest first. Walks the index posts_listed. */
export async function listPosts(connection: Connection, filter: ListFilter): Promise<PostRow[]> {
  const isMissed = filter.status === 'missed';
  const direction = filter.status === 'queued' ? 'asc' : 'desc';
  const beyond = direction === 'asc' ? '>' : '<';
  let query = connection
    .selectFrom('posts')
    .selectAll()
    .where('account_id', '=', filter.accountId)
    .where('organization_id', '=', filter.organizationId)
    .where('deleted_at', 'is', null)
    .where('status', '=', isMissed ? 'queued' : filter.status)
    .orderBy('listed_at', direction)
    .orderBy('id', direction)
    .limit(filter.limit);
  if (isMissed) query = query.where('listed_at', '<=', filter.now);
  if (filter.from) query = query.where('listed_at', '>=', filter.from);
  if (filter.until) query = query.where('listed_at', '<=', filter.until);
  if (filter.after) {
    const { listedAt, id } = filter.after;
    query = query.where((eb) => eb(eb.refTuple('listed_at', 'id'), beyond, eb.tuple(listedAt, id)));
  }
  return query.execute();
}

/** Only for move-post.ts: every other way to make a post would bypass its rules. */
export async function insertPostRow(connection: Connection, row: NewPostRow): Promise<PostRow> {
  return connection.insertInto('posts').values(row).returningAll().executeTakeFirstOrThrow();
}

/** Only for move-post.ts. Changes nothing, and returns nothing, when the post has moved on since it was read. */
export async function updatePostRow(
  connection: Connection,
  post: PostRow,
  change: PostChange,
): Promise<PostRow | undefined> {
  return connection
    .updateTable('posts')
    .set({ ...change, version: post.version + 1 })
    .where('id', '=', post.id)
    .where('version', '=', post.version)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
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

/** Removes the marks of posts deleted before a moment; some at a time, so that no statement takes long. */
export async function removeDeletedPosts(connection: Connection, before: Date): Promise<number> {
  const result = await connection
    .deleteFrom('posts')
    .where('id', 'in', (eb) =>
      eb.selectFrom('posts').select('id').where('deleted_at', '<', before).limit(1000),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

// Lists of posts, narrowed by words. What can be found of a post is written beside the post (posts.queries.ts).
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { isHeld } from '../../../domain/post-states.queries.ts';
import type { PostStatus } from '../../../domain/post-states.ts';
import type { Connection } from '../../../platform/db/index.ts';
import { isVideoGoingUp, type PostRow } from '../record/posts.queries.ts';

/** A status, or a question about posts: past their time, or for a person to decide. */
export type ListStatus = PostStatus | 'missed' | 'held';

export interface ListFilter {
  organizationId: string;
  accountId: string;
  status: ListStatus;
  from: Date | undefined;
  until: Date | undefined;
  now: Date;
  boardId: string | undefined;
  tag: string | undefined;
  externalId: string | undefined;
  /** Words; each must be the beginning of one of the post's. */
  q: string | undefined;
  /** The last entry of the page before. */
  after: { listedAt: Date; id: string } | undefined;
  limit: number;
}

/** One page: queued posts soonest first, all others newest first. Walks posts_listed, and for held posts posts_held. */
export async function listPosts(connection: Connection, filter: ListFilter): Promise<PostRow[]> {
  const isMissed = filter.status === 'missed';
  const direction = filter.status === 'queued' ? 'asc' : 'desc';
  const beyond = direction === 'asc' ? '>' : '<';
  let query = connection
    .selectFrom('posts')
    .selectAll()
    .select(isVideoGoingUp.as('is_video_going_up'))
    .where('account_id', '=', filter.accountId)
    .where('organization_id', '=', filter.organizationId)
    .where('deleted_at', 'is', null)
    .where(hasListStatus(filter.status))
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
  if (filter.externalId !== undefined) query = query.where('external_id', '=', filter.externalId);
  const search = searchFor(filter);
  if (!search) return query.execute();
  const ids = await findFew(connection, search);
  if (ids?.length === 0) return [];
  // Many: a page is soon full on the way along the list.
  const isFound = ids ? sql<boolean>`id = any(${ids}::text[])` : matches(search);
  return query.where(isFound).execute();
}

function hasListStatus(status: ListStatus): RawBuilder<SqlBool> {
  if (status === 'held') return isHeld(sql`posts`);
  return sql`posts.status = ${status === 'missed' ? 'queued' : status}`;
}

/** Two queries of words: what must be there exactly, and how words begin. */
interface Search {
  exact: RawBuilder<unknown>;
  beginnings: RawBuilder<unknown>;
}

/** What the words of a post must match; undefined where the list is not narrowed by any. */
function searchFor({ accountId, boardId, tag, q }: ListFilter): Search | undefined {
  if (boardId === undefined && tag === undefined && q === undefined) return undefined;
  const words = [
    `=${accountId}`,
    ...(boardId === undefined ? [] : [`@${boardId}`]),
    ...(tag === undefined ? [] : [`#${tag}`]),
  ];
  const exact = sql`${words.map(quoted).join(' & ')}::tsquery`;
  if (q === undefined) return { exact, beginnings: exact };
  // Apart, because nothing matches a query in which PostgreSQL finds no word.
  const text = q.split(/\s+/).flatMap(beginning).join(' & ');
  return { exact, beginnings: sql`to_tsquery('simple', ${text})` };
}

/** So many are sorted faster than they are met on the way along a long list. */
const fewMax = 1000;

/** The ids of the posts that match, of every status; undefined when there are many. */
async function findFew(connection: Connection, { exact, beginnings }: Search): Promise<string[] | undefined> {
  const { rows } = await sql<{ id: string }>`
    select posts_with_words(${exact}, ${beginnings}, ${fewMax + 1}) as id
  `.execute(connection);
  return rows.length > fewMax ? undefined : rows.map(({ id }) => id);
}

/** Asked of one post after the other; the offset keeps PostgreSQL from gathering all that match beforehand. */
function matches({ exact, beginnings }: Search): RawBuilder<boolean> {
  return sql<boolean>`exists (
    select 1 from post_search s
    where s.post_id = posts.id and s.search @@ ${exact} and s.search @@ ${beginnings}
    offset 0
  )`;
}

/**
 * That a word begins so. PostgreSQL keeps some compounds whole (`example.com`) and takes others apart (`lemon-tart`);
 * of an address it has both.
 */
function beginning(word: string): string[] {
  const parts = word.split(/[^\p{L}\p{M}\p{N}]+/u).filter((part) => part !== '');
  if (parts.length === 0) return [];
  const all = parts.map((part) => `${quoted(part)}:*`).join(' & ');
  return [parts.length === 1 && parts[0] === word ? all : `(${quoted(word)}:* | (${all}))`];
}

/** As a word stands in the text of a tsquery, whatever signs it holds. */
function quoted(word: string): string {
  return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

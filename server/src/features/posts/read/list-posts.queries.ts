// Lists posts by status, filters and words. The searchable words of a post are written with it (`searchOf`).

import type { RawBuilder, SqlBool } from 'kysely';
import { hasExternalId } from '../../../domain/post-lookups.queries.ts';
import { isHeld } from '../../../domain/post-states.queries.ts';
import type { PostStatus } from '../../../domain/post-states.ts';
import { missedBefore } from '../../../domain/post-states.ts';
import { type Connection, sql } from '../../../platform/db/index.ts';
import { isVideoGoingUp, type PostRow } from '../record/posts.queries.ts';

/** A status, `missed` (past their time), or `held` (a person is needed). */
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
  /** Words. Each must be the beginning of a word of the post. */
  q: string | undefined;
  /** The last entry of the previous page. */
  after: { listedAt: Date; id: string } | undefined;
  limit: number;
}

/** Returns one page: queued posts soonest first, all others newest first. Walks posts_listed, and posts_held for held posts. */
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
  if (isMissed) query = query.where('listed_at', '<=', missedBefore(filter.now));
  if (filter.from) query = query.where('listed_at', '>=', filter.from);
  if (filter.until) query = query.where('listed_at', '<=', filter.until);
  if (filter.after) {
    const { listedAt, id } = filter.after;
    query = query.where((eb) => eb(eb.refTuple('listed_at', 'id'), beyond, eb.tuple(listedAt, id)));
  }
  if (filter.externalId !== undefined) {
    const externalId = sql<string>`${filter.externalId}::text`;
    query = query.where(hasExternalId(sql`posts`, { accountId: filter.accountId, externalId }));
  }
  const search = searchFor(filter);
  if (!search) return query.execute();
  const ids = await findFew(connection, search);
  if (ids?.length === 0) return [];
  // If many posts match, walking the list fills a page quickly.
  const isMatch = ids ? sql<boolean>`id = any(${ids}::text[])` : matches(search);
  return query.where(isMatch).execute();
}

function hasListStatus(status: ListStatus): RawBuilder<SqlBool> {
  if (status === 'held') return isHeld(sql`posts`);
  return sql`posts.status = ${status === 'missed' ? 'queued' : status}`;
}

/** Two text queries: the exact words, and the beginnings of words. */
interface Search {
  exact: RawBuilder<unknown>;
  beginnings: RawBuilder<unknown>;
}

/** Returns the text queries that posts must match; undefined if the filter has none. */
function searchFor({ accountId, boardId, tag, q }: ListFilter): Search | undefined {
  if (boardId === undefined && tag === undefined && q === undefined) return undefined;
  const words = [
    `=${accountId}`,
    ...(boardId === undefined ? [] : [`@${boardId}`]),
    ...(tag === undefined ? [] : [`#${tag}`]),
  ];
  const exact = sql`${words.map(quoted).join(' & ')}::tsquery`;
  if (q === undefined) return { exact, beginnings: exact };
  // A separate query, because a query in which PostgreSQL recognizes no word matches nothing.
  const text = q.split(/\s+/).flatMap(beginning).join(' & ');
  return { exact, beginnings: sql`to_tsquery('simple', ${text})` };
}

/** Up to this number of matches, sorting them is faster than walking a long list. */
const fewMax = 1000;

/** Returns the ids of the matching posts of every status; undefined if there are more than `fewMax`. */
async function findFew(connection: Connection, { exact, beginnings }: Search): Promise<string[] | undefined> {
  const { rows } = await sql<{ id: string }>`
    select posts_with_words(${exact}, ${beginnings}, ${fewMax + 1}) as id
  `.execute(connection);
  return rows.length > fewMax ? undefined : rows.map(({ id }) => id);
}

/** Evaluated for each post of the list. The offset prevents PostgreSQL from collecting all matches first. */
function matches({ exact, beginnings }: Search): RawBuilder<boolean> {
  return sql<boolean>`exists (
    select 1 from post_search s
    where s.post_id = posts.id and s.search @@ ${exact} and s.search @@ ${beginnings}
    offset 0
  )`;
}

/**
 * A text query for the beginning of a word. PostgreSQL indexes some compounds as a whole (`example.com`) and others in parts
 * (`lemon-tart`), and URLs both ways.
 */
function beginning(word: string): string[] {
  const parts = word.split(/[^\p{L}\p{M}\p{N}]+/u).filter((part) => part !== '');
  if (parts.length === 0) return [];
  const all = parts.map((part) => `${quoted(part)}:*`).join(' & ');
  return [parts.length === 1 && parts[0] === word ? all : `(${quoted(word)}:* | (${all}))`];
}

/** Quotes a word for the text of a tsquery. */
function quoted(word: string): string {
  return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

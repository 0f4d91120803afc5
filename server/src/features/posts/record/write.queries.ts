// Writes posts. A boundary rule allows only move.ts, content.ts and insert.queries.ts to use this file: every other caller
// would bypass the lifecycle, the event and the wake-up of the lane.
import type { RawBuilder } from 'kysely';
import { insertionOfEvents, type NewEvent } from '../../../domain/events.ts';
import { type Connection, sql, type Tx } from '../../../platform/db/index.ts';
import type { PostChange, PostRow } from './posts.queries.ts';

/**
 * SQL: the words by which the post `p` is found. Its account, board and tags are words too, with a prefix that no word of
 * a text has.
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

/** A write of an existing post. */
export interface PostWrite {
  change: PostChange;
  event: NewEvent;
  /** Whether the change affects the words by which the post is found. */
  hasNewWords?: boolean;
  /** Whether the statement returns the id alone instead of the whole row. */
  answersWithId?: boolean;
  /** A statement that returns one row if the post may be written, and locks the rows on which that depends. */
  guard?: RawBuilder<unknown>;
}

export type Written =
  | { kind: 'written'; post: PostRow }
  /** The guard returned no row. */
  | { kind: 'forbidden' }
  /** The post was changed since it was read. */
  | { kind: 'changed' };

/** The post's row, or a row of nulls when the post was not written. There is no row when the guard returned none. */
export type WrittenRow = PostRow | Record<keyof PostRow, null>;

/** Writes a post. */
export async function writePost(
  connection: Connection,
  post: Pick<PostRow, 'id' | 'version'>,
  write: PostWrite,
): Promise<Written> {
  return readWritten((await writingOf(post, write).execute(connection)).rows);
}

/** Evaluates the rows of the statement of writingOf. */
export function readWritten(rows: readonly WrittenRow[]): Written {
  const [row] = rows;
  const kind = kindOfWritten(rows);
  return kind === 'written' ? { kind, post: row as PostRow } : { kind };
}

/** Evaluates the rows of the statement of writingOf when it returns the id alone. */
export function kindOfWritten([row]: readonly Pick<WrittenRow, 'id'>[]): Written['kind'] {
  if (!row) return 'forbidden';
  return row.id === null ? 'changed' : 'written';
}

/**
 * SQL: writes a post with its event in one statement, or nothing when the guard returns no row or the post was changed
 * since it was read.
 *
 * A statement sees the database as it was when it began, even if it then waits for a lock. It is correct because rows
 * that are locked or updated are checked again in their newest version. The guard's row is locked before the post is
 * written, because the update joins it. So the guard has to lock the rows that it checks, and the version has to be a
 * condition of the update itself.
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

/** Updates posts that are locked, without events. */
export async function updateLockedRows(tx: Tx, ids: readonly string[], change: PostChange): Promise<void> {
  await tx
    .updateTable('posts')
    .set((eb) => ({ ...change, version: eb('version', '+', 1) }))
    .where('id', '=', sql<string>`any(${[...ids]}::text[])`)
    .execute();
}

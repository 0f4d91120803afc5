// Inserts posts: one statement locks the rows that they depend on, and one writes rows, words, events and the lane's wake-up.
import type { RawBuilder } from 'kysely';
import { insertionOfEvents, type NewEvent } from '../../../domain/events.ts';
import { atOnce, type Schema, sql, type Tx } from '../../../platform/db/index.ts';
import { lowering } from '../../lanes/index.ts';
import type { PostRow } from './posts.queries.ts';
import { searchOf } from './write.queries.ts';

/** The columns that are written when a post is created. A column that callers write belongs here. */
const insertedColumns = [
  'id',
  'organization_id',
  'account_id',
  'state',
  'title',
  'description',
  'url',
  'destination_key',
  'board_id',
  'board_section_id',
  'alt_text',
  'is_simplified_pin',
  'product_tag_pin_ids',
  'tags',
  'external_id',
  'media_type',
  'media_id',
  'source_media_url',
  'carousel',
  'cover_media_id',
  'cover_seconds',
  'match_key',
  'send_at',
  'run_at',
  'created_at',
  'updated_at',
] as const satisfies (keyof PostRow)[];

export type NewPostRow = Pick<PostRow, (typeof insertedColumns)[number]>;

/** The other columns have defaults or are generated: a create does not write them. */
type DefaultedColumn = Exclude<keyof Schema['posts'], keyof NewPostRow>;

const isDefaulted: Record<DefaultedColumn, true> = {
  version: true,
  status: true,
  listed_at: true,
  sent_at: true,
  pin_id: true,
  attempts: true,
  attempt_started_at: true,
  postponements: true,
  searches: true,
  failure: true,
  held_for: true,
  missed_send_at: true,
  deleted_at: true,
};

const insertedList = sql.raw(insertedColumns.join(', '));
const defaultedList = sql.raw(Object.keys(isDefaulted).join(', '));

/** The rows that new posts depend on. */
interface Ground {
  organizationId: string;
  accountId: string;
  mediaIds: readonly string[];
}

/** The rows of it that exist. */
interface LockedGround {
  isConnected: boolean;
  mediaIds: string[];
}

export interface InsertPostRows {
  ground: Ground;
  /** Throws a refusal if a row is missing; the transaction must then be rolled back. */
  check(locked: LockedGround): void;
  events: readonly NewEvent[];
  /** When the first post is due; null for drafts. */
  runAt: Date | null;
  now: Date;
}

/**
 * Inserts posts. The statement that locks the ground and
 * the one that writes are sent at once: the second one sees the wake-up that a worker left, and a refusal rolls it back.
 */
export async function insertPostRows(
  tx: Tx,
  rows: readonly NewPostRow[],
  { ground, check, events, runAt, now }: InsertPostRows,
): Promise<PostRow[]> {
  const besides = lowering(ground.accountId, runAt, now);
  const [locked, inserted] = await atOnce(tx, [
    lockingGround(ground).compile(tx),
    inserting(rows, events, besides).compile(tx),
  ]);
  for (const ground of locked()) check(ground);
  const defaultsOf = new Map(inserted().map((row) => [row.id, row]));
  return rows.flatMap((row) => {
    const defaults = defaultsOf.get(row.id);
    return defaults ? [{ ...row, ...defaults }] : [];
  });
}

/**
 * SQL: inserts posts, their words, their events and runs `besides`. All rows are one parameter, so that the statement is
 * the same for one post and for a thousand. It returns the columns that have defaults.
 */
function inserting(
  rows: readonly NewPostRow[],
  events: readonly NewEvent[],
  besides: RawBuilder<unknown>,
): RawBuilder<Pick<PostRow, 'id' | DefaultedColumn>> {
  return sql`
    with inserted as (
      insert into posts (${insertedList})
      select ${insertedList} from json_populate_recordset(null::posts, ${JSON.stringify(rows)}::json)
      returning *
    ),
    searchable as (
      insert into post_search (post_id, search) select p.id, ${searchOf} from inserted p
    ),
    told as (${insertionOfEvents(events)}),
    besides as (${besides})
    select id, ${defaultedList} from inserted
  `;
}

/**
 * SQL: whether the account is connected and the media exist. Locks them until the transaction ends, and the lane as
 * lowerWake does, which is why it must be a statement before the one that writes. The lock is KEY SHARE, as of a foreign
 * key: only disconnecting, deleting and releasing the lane wait for it. The account is locked first, as everywhere, and
 * media in the order of their ids.
 */
function lockingGround({ organizationId, accountId, mediaIds }: Ground): RawBuilder<LockedGround> {
  return sql`
    with account as materialized (
      select id, organization_id from accounts
      where id = ${accountId} and organization_id = ${organizationId} and disconnected_at is null
      for key share
    ),
    lane as materialized (
      select account_id from lanes where account_id = (select id from account) for key share
    ),
    locked_media as materialized (
      select id from media
      where id = any(${[...mediaIds]}::text[]) and organization_id = (select organization_id from account)
        and deleted_at is null
      order by id
      for key share
    )
    select exists (select 1 from lane) as "isConnected", array(select id from locked_media) as "mediaIds"
  `;
}

// How posts come to be: rows, words, events and the lane's wake-up in one statement.
import { type RawBuilder, sql } from 'kysely';
import type { Connection, Schema } from '../../platform/db/index.ts';
import { insertionOfEvents, type NewEvent } from '../../platform/events/index.ts';
import { type PostRow, searchOf } from './posts.queries.ts';

/** What is written of a post when it is made. */
const givenColumns = [
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

export type NewPostRow = Pick<PostRow, (typeof givenColumns)[number]>;

/** The rest of its row has defaults or is worked out. */
type MadeColumn = Exclude<keyof Schema['posts'], keyof NewPostRow>;

const isMade: Record<MadeColumn, true> = {
  version: true,
  status: true,
  listed_at: true,
  sent_at: true,
  pin_id: true,
  attempts: true,
  attempt_started_at: true,
  postponements: true,
  looks: true,
  failure: true,
  missed_send_at: true,
  deleted_at: true,
};

const given = sql.raw(givenColumns.join(', '));
const made = sql.raw(Object.keys(isMade).join(', '));

/**
 * Only for move-post.ts: every other way to make a post would bypass its rules. Posts, their words, their events and
 * `besides` in one statement. All rows travel as one parameter, so that it is the same statement for one post and for
 * a thousand; back come only the columns that are not known here. Gives the rows in their order.
 */
export async function insertPostRows(
  connection: Connection,
  rows: readonly NewPostRow[],
  { events, besides }: { events: readonly NewEvent[]; besides: RawBuilder<unknown> },
): Promise<PostRow[]> {
  const result = await sql<Pick<PostRow, 'id' | MadeColumn>>`
    with inserted as (
      insert into posts (${given})
      select ${given} from json_populate_recordset(null::posts, ${JSON.stringify(rows)}::json)
      returning *
    ),
    searchable as (
      insert into post_search (post_id, search) select p.id, ${searchOf} from inserted p
    ),
    told as (${insertionOfEvents(events)}),
    besides as (${besides})
    select id, ${made} from inserted
  `.execute(connection);
  const madeOf = new Map(result.rows.map((row) => [row.id, row]));
  return rows.flatMap((row) => {
    const rest = madeOf.get(row.id);
    return rest ? [{ ...row, ...rest }] : [];
  });
}

// How posts come to be: rows, words, events and the lane's wake-up in one statement.
import { type RawBuilder, sql } from 'kysely';
import { atOnce, type Schema, type Tx } from '../../../platform/db/index.ts';
import { insertionOfEvents, type NewEvent } from '../../../platform/outbox/index.ts';
import { lowering } from '../../lanes/index.ts';
import { type Ground, type Held, holdingGround } from './ground.queries.ts';
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
  held_for: true,
  missed_send_at: true,
  deleted_at: true,
};

const given = sql.raw(givenColumns.join(', '));
const made = sql.raw(Object.keys(isMade).join(', '));

export interface InsertPostRows {
  ground: Ground;
  /** Refuses what the ground does not bear, by throwing; the transaction must then end with nothing kept. */
  check(held: Held): void;
  events: readonly NewEvent[];
  /** When the first of them is due; null for drafts. */
  runAt: Date | null;
  now: Date;
}

/**
 * Only for post-content.ts: every other way to make a post would bypass its rules. Holds the ground, and writes the posts
 * without waiting to hear of it: the second statement sees the wake-up that a worker has left, and a refusal undoes it.
 */
export async function insertPostRows(
  tx: Tx,
  rows: readonly NewPostRow[],
  { ground, check, events, runAt, now }: InsertPostRows,
): Promise<PostRow[]> {
  const besides = lowering(ground.accountId, runAt, now);
  const [held, inserted] = await atOnce(tx, [
    holdingGround(ground).compile(tx),
    inserting(rows, events, besides).compile(tx),
  ]);
  for (const answer of held()) check(answer);
  const madeOf = new Map(inserted().map((row) => [row.id, row]));
  return rows.flatMap((row) => {
    const rest = madeOf.get(row.id);
    return rest ? [{ ...row, ...rest }] : [];
  });
}

/**
 * Posts, their words, their events and `besides` in one statement. All rows travel as one parameter, so that it is the
 * same statement for one post and for a thousand; back come only the columns that are not known here.
 */
function inserting(
  rows: readonly NewPostRow[],
  events: readonly NewEvent[],
  besides: RawBuilder<unknown>,
): RawBuilder<Pick<PostRow, 'id' | MadeColumn>> {
  return sql`
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
  `;
}

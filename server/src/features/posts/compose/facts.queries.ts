// Reads all that the checks of a new post need from the database, in one statement instead of one for each room.
import type { RawBuilder } from 'kysely';
import { hasExternalId } from '../../../domain/post-lookups.queries.ts';
import { type Connection, sql } from '../../../platform/db/index.ts';
import { single } from '../../../platform/single.ts';
import type { Caller } from '../../../platform/use-case/index.ts';
import { type AccountRow, selectVisible } from '../../accounts/index.ts';
import { storedIds } from '../../boards/index.ts';
import { type MediaRow, mediaAsJson, mediaFromJson } from '../../media/index.ts';
import { type SpacingJson, type SpacingLook, spacingAsJson, toSpacingLook } from '../../schedule/index.ts';

/** The names in a body. */
export interface Named {
  boardIds: readonly string[];
  mediaIds: readonly string[];
  externalIds: readonly string[];
  /** Its destination and its time. */
  visit: { destinationKey: string; at: Date } | null;
}

export interface NamedFacts {
  account: AccountRow;
  /** The named boards that the stored list of the account has. */
  storedBoardIds: Set<string>;
  /** The named media that the caller sees. */
  media: Map<string, MediaRow>;
  /** The ids of the posts that have the named external ids. */
  takenIds: Map<string, string>;
  spacing: SpacingLook | null;
}

/** Undefined when the caller sees no such account. */
export async function findNamed(
  connection: Connection,
  caller: Caller,
  accountId: string,
  { boardIds, mediaIds, externalIds, visit }: Named,
): Promise<NamedFacts | undefined> {
  const spacing = visit
    ? spacingAsJson({ accountId, ...visit, exceptPostId: null })
    : sql<SpacingJson | null>`null::json`;
  const row = await selectVisible(connection, caller, accountId)
    ?.select([
      storedIds(accountId, boardIds).as('stored_board_ids'),
      mediaAsJson(caller, mediaIds).as('named_media'),
      takenIdsAsJson(accountId, externalIds).as('taken_ids'),
      spacing.as('spacing_json'),
    ])
    .executeTakeFirst();
  if (!row) return undefined;
  const {
    stored_board_ids: ids,
    named_media: media,
    taken_ids: takenIds,
    spacing_json: json,
    ...account
  } = row;
  return {
    account,
    storedBoardIds: new Set(ids),
    media: new Map(media.map((row) => [row.id, mediaFromJson(row)])),
    takenIds: new Map(Object.entries(takenIds)),
    spacing: json && toSpacingLook(json),
  };
}

/** Returns the ids of the posts of the account that have these external ids, by external id. */
export async function findTakenIds(
  connection: Connection,
  accountId: string,
  externalIds: readonly string[],
): Promise<Map<string, string>> {
  if (externalIds.length === 0) return new Map();
  const ids = takenIdsAsJson(accountId, externalIds);
  const { rows } = await sql<{ ids: Record<string, string> }>`select ${ids} as ids`.execute(connection);
  return new Map(Object.entries(single(rows).ids));
}

/** SQL fragment of `findTakenIds`: a JSON object. */
function takenIdsAsJson(
  accountId: string,
  externalIds: readonly string[],
): RawBuilder<Record<string, string>> {
  if (externalIds.length === 0) return sql`'{}'::json`;
  return sql`(
    select coalesce(json_object_agg(named.external_id, taken.id), '{}')
    from unnest(${[...externalIds]}::text[]) as named (external_id)
    cross join lateral (
      select p.id from posts p
      where ${hasExternalId(sql`p`, { accountId, externalId: sql`named.external_id` })}
      limit 1
    ) taken
  )`;
}

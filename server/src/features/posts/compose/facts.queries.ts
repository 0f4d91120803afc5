// Reads all that the checks of a new post need from the database, in one statement instead of one for each room.
import { sql } from 'kysely';
import type { Connection } from '../../../platform/db/index.ts';
import type { Caller } from '../../../platform/use-case/index.ts';
import { type AccountRow, selectVisible } from '../../accounts/index.ts';
import { storedIds } from '../../boards/index.ts';
import { type MediaRow, mediaAsJson, mediaFromJson } from '../../media/index.ts';
import { type SpacingJson, type SpacingLook, spacingAsJson, toSpacingLook } from '../../schedule/index.ts';

/** The names in a body. */
export interface Named {
  boardIds: readonly string[];
  mediaIds: readonly string[];
  /** Its destination and its time. */
  visit: { destinationKey: string; at: Date } | null;
}

export interface NamedFacts {
  account: AccountRow;
  /** The named boards that the stored list of the account has. */
  storedBoardIds: Set<string>;
  /** The named media that the caller sees. */
  media: Map<string, MediaRow>;
  spacing: SpacingLook | null;
}

/** Undefined when the caller sees no such account. */
export async function findNamed(
  connection: Connection,
  caller: Caller,
  accountId: string,
  { boardIds, mediaIds, visit }: Named,
): Promise<NamedFacts | undefined> {
  const spacing = visit
    ? spacingAsJson({ accountId, ...visit, exceptPostId: null })
    : sql<SpacingJson | null>`null::json`;
  const row = await selectVisible(connection, caller, accountId)
    ?.select([
      storedIds(accountId, boardIds).as('stored_board_ids'),
      mediaAsJson(caller, mediaIds).as('named_media'),
      spacing.as('spacing_json'),
    ])
    .executeTakeFirst();
  if (!row) return undefined;
  const { stored_board_ids: ids, named_media: media, spacing_json: json, ...account } = row;
  return {
    account,
    storedBoardIds: new Set(ids),
    media: new Map(media.map((row) => [row.id, mediaFromJson(row)])),
    spacing: json && toSpacingLook(json),
  };
}

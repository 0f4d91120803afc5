// What the checks of a body that is to become a post ask the database, in one statement instead of one for each room.
import { sql } from 'kysely';
import type { Connection } from '../../../platform/db/index.ts';
import type { Caller } from '../../../platform/use-case/index.ts';
import { type AccountRow, selectVisible } from '../../accounts/index.ts';
import { storedIds } from '../../boards/index.ts';
import { type MediaRow, mediaAsJson, mediaFromJson } from '../../media/index.ts';
import { type SpacingJson, type SpacingLook, spacingAsJson, toSpacingLook } from '../../schedule/index.ts';

/** What a body names. */
export interface Named {
  boardIds: readonly string[];
  mediaIds: readonly string[];
  /** Where it leads, and when it goes there. */
  visit: { destinationKey: string; at: Date } | null;
}

export interface Found {
  account: AccountRow;
  /** Of the boards named, those that our list of the account has. */
  boardIds: Set<string>;
  /** Of the media named, those that the caller sees. */
  media: Map<string, MediaRow>;
  spacing: SpacingLook | null;
}

/** Undefined when the caller sees no such account. */
export async function findNamed(
  connection: Connection,
  caller: Caller,
  accountId: string,
  { boardIds, mediaIds, visit }: Named,
): Promise<Found | undefined> {
  const spacing = visit
    ? spacingAsJson({ accountId, ...visit, exceptPostId: null })
    : sql<SpacingJson | null>`null::json`;
  const row = await selectVisible(connection, caller, accountId)
    ?.select([
      storedIds(accountId, boardIds).as('found_board_ids'),
      mediaAsJson(caller, mediaIds).as('found_media'),
      spacing.as('found_spacing'),
    ])
    .executeTakeFirst();
  if (!row) return undefined;
  const { found_board_ids: ids, found_media: media, found_spacing: look, ...account } = row;
  return {
    account,
    boardIds: new Set(ids),
    media: new Map(media.map((one) => [one.id, mediaFromJson(one)])),
    spacing: look && toSpacingLook(look),
  };
}

// Lists and returns the media that a caller sees.
import { isId } from '../../../domain/ids.ts';
import { type Caller, invalidQuery } from '../../../platform/use-case/index.ts';
import { toMediaResource } from '../media.schema.ts';
import type { MediaParts } from '../parts.ts';
import { mediaNotFound } from '../record/media.errors.ts';
import { asShown, listVisiblePage } from '../record/visible-media.queries.ts';

interface Page {
  cursor?: string | undefined;
  limit: number;
}

/**
 * Returns a page of media, newest first.
 * @throws invalidQuery for a cursor of another list
 */
export async function listMedia(
  { database, publicUrl }: MediaParts,
  caller: Caller,
  { cursor, limit }: Page,
) {
  if (cursor !== undefined && !isId('med', cursor)) {
    const message =
      'Invalid cursor for this list. Send `data.cursor` of the previous page, or omit `cursor`.';
    throw invalidQuery([{ path: 'cursor', code: 'invalid_cursor', message }]);
  }
  // One more row than the page has shows whether another page follows.
  const rows = await listVisiblePage(database.db, caller, { after: cursor, limit: limit + 1 });
  const page = await asShown(database.db, caller, rows.slice(0, limit));
  return {
    data: {
      media: page.map((row) => toMediaResource(row, publicUrl)),
      cursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
    },
  };
}

/** @throws mediaNotFound, also for media that the caller does not see */
export async function getMedia({ database, media, publicUrl }: MediaParts, caller: Caller, mediaId: string) {
  const row = await media.find(database.db, caller, mediaId);
  const [shown] = await asShown(database.db, caller, row ? [row] : []);
  if (!shown) throw mediaNotFound();
  return { data: { media: toMediaResource(shown, publicUrl) } };
}

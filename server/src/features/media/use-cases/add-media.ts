// Adds media before a post uses it.
import { Readable } from 'node:stream';
import type { Tx } from '../../../platform/db/index.ts';
import type { Context } from '../../../platform/use-case/index.ts';
import { decodeBase64 } from '../arrive/base64.ts';
import type { Uploaded } from '../arrive/intake.ts';
import { mediaTypeOf, toMediaResource } from '../media.schema.ts';
import type { MediaParts } from '../parts.ts';
import { mediaNotFound, mediaRefused } from '../record/media.errors.ts';
import type { MediaRow } from '../record/media.queries.ts';
import { hostedMediaId, mediaWarnings } from '../record/media.view.ts';
import { asShown } from '../record/visible-media.queries.ts';

interface AddFromUrl {
  url: string;
  mediaType?: 'image' | 'video' | undefined;
}

/** Reads a form: passes the file to `take`, and returns the other fields. */
type ReadForm = (take: (file: Readable) => Promise<void>) => Promise<Uploaded>;

/** @throws mediaRefused with the reason in its details */
export async function addMediaFromUrl(parts: MediaParts, context: Context, { url, mediaType }: AddFromUrl) {
  const { organizationId, signal } = context;
  const hostedId = hostedMediaId(url, parts.publicUrl);
  const row =
    hostedId === undefined
      ? await parts.media.fetchFromUrl({
          organizationId,
          sender: context,
          url,
          declaredType: mediaType ?? 'any',
          path: 'url',
          signal,
        })
      : await getHosted(parts, context, { mediaId: hostedId, mediaType });
  return context.commit((tx) => answer(parts, tx, context, row));
}

/** Returns the media that a URL of this server names. @throws mediaRefused also for media that the caller does not see */
async function getHosted(
  { database, media }: MediaParts,
  context: Context,
  { mediaId, mediaType }: { mediaId: string } & Pick<AddFromUrl, 'mediaType'>,
): Promise<MediaRow> {
  const row = await media.find(database.db, context, mediaId);
  if (!row) {
    const message = 'This URL of Pintail names no media that the key sees. GET /v1/media lists it.';
    throw mediaRefused([{ path: 'url', code: 'media_not_found', message }]);
  }
  const type = mediaTypeOf(row);
  if (mediaType === undefined || mediaType === type) return row;
  const message = `It is ${type === 'image' ? 'an image' : 'a video'}. Send "mediaType": "${type}".`;
  throw mediaRefused([{ path: 'url', code: 'media_type_mismatch', message }]);
}

interface AddFromData {
  data: string;
  mediaType?: 'image' | 'video' | undefined;
}

/** @throws invalidBody for text that is not base64, uploadRefused with the reason in its details */
export async function addMediaFromData(
  parts: MediaParts,
  context: Context,
  { data, mediaType }: AddFromData,
) {
  const row = await parts.media.receiveUpload({
    organizationId: context.organizationId,
    sender: context,
    path: 'data',
    read: async (take) => {
      await take(Readable.from(decodeBase64(data), { objectMode: false }));
      return { mediaType };
    },
  });
  return context.commit((tx) => answer(parts, tx, context, row));
}

/** @throws uploadRefused with the reason in its details; the errors of `read` */
export async function addUploadedMedia(parts: MediaParts, context: Context, read: ReadForm) {
  const { organizationId } = context;
  const row = await parts.media.receiveUpload({ organizationId, sender: context, read });
  return context.commit((tx) => answer(parts, tx, context, row));
}

/** Returns the view of the media. @throws mediaNotFound when its owner deleted it meanwhile */
async function answer({ media, publicUrl }: MediaParts, tx: Tx, context: Context, added: MediaRow) {
  const locked = (await media.hold(tx, context.organizationId, [added.id])).get(added.id);
  const [shown] = await asShown(tx, context, locked ? [locked] : []);
  if (!shown) throw mediaNotFound();
  return { data: { media: toMediaResource(shown, publicUrl) }, warnings: mediaWarnings(shown) };
}

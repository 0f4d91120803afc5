// Requests and responses of the media library.
import { z } from 'zod';
import { toUnixSeconds } from '../../platform/clock.ts';
import { pageLimit, unixSeconds, webUrl } from '../../platform/http/contract/fields.ts';
import type { MediaRow } from './record/media.queries.ts';
import { mediaUrl, toMediaView } from './record/media.view.ts';

/** Signed addresses of file stores run long. */
const urlLengthMax = 8192;

const mediaTypes = ['image', 'video'] as const;

export const MediaPath = z.object({ mediaId: z.string().meta({ description: 'Media id: `med_…`.' }) });

const mediaType = z.enum(mediaTypes).optional().meta({
  description: 'What the file must be. Without it, whichever of the two it is.',
});

export const CreateMediaBody = z
  .strictObject({
    url: webUrl(urlLengthMax).meta({
      description: 'Any publicly accessible URL; it is fetched, checked and kept before the answer.',
      example: 'https://example.com/lemon-tart.jpg',
    }),
    mediaType,
  })
  .meta({ id: 'CreateMedia' });

export const UploadFields = z.strictObject({ mediaType });

export const uploadAbout =
  'A JPEG or PNG, at most 32 MiB (WebP, GIF, AVIF and TIFF are converted), or a video as MP4, MOV or M4V: H.264 or H.265, 4 seconds to 15 minutes, at most 2 GB.';

export const ListMediaQuery = z.strictObject({
  limit: pageLimit.meta({ description: 'Entries on a page: 1 to 100.' }),
  cursor: z.string().max(60).optional().meta({ description: '`data.cursor` of the previous page.' }),
});

export const MediaResource = z
  .object({
    id: z.string().meta({ description: 'Media id, to be sent as `mediaId`.' }),
    mediaType: z.enum(mediaTypes).meta({ description: 'What it is.' }),
    mediaUrl: z.string().meta({ description: 'URL of our hosted copy.' }),
    width: z.int().meta({ description: 'Pixels, as a viewer sees it.' }),
    height: z.int().meta({ description: 'Pixels, as a viewer sees it.' }),
    durationMs: z.int().optional().meta({ description: 'Length in milliseconds; videos only.' }),
    contentType: z.string().meta({ description: 'Of our copy, such as `image/jpeg`.' }),
    bytes: z.int().meta({ description: 'Size of our copy.' }),
    sha256: z.string().meta({ description: 'Digest of our copy, in hexadecimal.' }),
    thumbnailUrl: z.string().meta({
      description: 'A WebP about 400 pixels wide. Of a video it is a neutral card, not a picture of it.',
    }),
    placeholder: z
      .string()
      .meta({ description: 'ThumbHash in base64, to paint until the thumbnail is there.' }),
    sourceUrl: z.string().nullable().meta({
      description:
        'Where it was fetched from; null for an upload. A restricted key is shown only an address that it sent itself.',
    }),
    createdAt: unixSeconds.meta({
      description: 'When it was stored; for a restricted key that added it, when it did (Unix seconds).',
    }),
  })
  .meta({ id: 'MediaResource' });

export const MediaAnswer = z.object({ media: MediaResource }).meta({ id: 'MediaResult' });

export const MediaListAnswer = z
  .object({
    media: z.array(MediaResource),
    cursor: z.string().nullable().meta({ description: 'Send it for the next page. Null on the last one.' }),
  })
  .meta({ id: 'MediaPage' });

export const DeletedMediaAnswer = z
  .object({
    deleted: z.literal(true),
    id: z.string().meta({ description: 'The id that was deleted.' }),
  })
  .meta({ id: 'DeletedMedia' });

export function toMediaResource(row: MediaRow, publicUrl: string): z.input<typeof MediaResource> {
  return {
    ...toMediaView(row, publicUrl),
    mediaType: row.content_type.startsWith('video/') ? 'video' : 'image',
    mediaUrl: mediaUrl(row, publicUrl),
    sourceUrl: row.source_url,
    createdAt: toUnixSeconds(row.created_at),
  };
}

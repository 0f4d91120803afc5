// Requests and responses of the media library.
import { z } from 'zod';
import { toUnixSeconds } from '../../platform/clock.ts';
import { pageLimit, unixSeconds, webUrl } from '../../platform/http/contract/index.ts';
import type { MediaRow } from './record/media.queries.ts';
import { mediaUrl, toMediaView } from './record/media.view.ts';

/** Signed URLs of file stores are long. */
const urlLengthMax = 8192;

const mediaTypes = ['image', 'video'] as const;

export const MediaPath = z.object({ mediaId: z.string().meta({ description: 'Media id: `med_…`.' }) });

const mediaType = z.enum(mediaTypes).optional().meta({
  description: 'The required type of the file. Default: either type.',
});

/** The limit of a body with a file as base64, a third of which is the encoding. */
export const mediaBodyBytesMax = 16 * 1024 * 1024;

function oneSource({ url, data }: { url?: unknown; data?: unknown }, context: z.RefinementCtx): void {
  if ((url === undefined) !== (data === undefined)) return;
  const code = url === undefined ? 'required' : 'not_together';
  const message = url === undefined ? 'Send "url" or "data".' : 'Send only one of "url" or "data".';
  const path = [url === undefined ? 'url' : 'data'];
  context.addIssue({ code: 'custom', path, params: { code }, message });
}

export const CreateMediaBody = z
  .strictObject({
    url: webUrl(urlLengthMax).optional().meta({
      description:
        'Any publicly accessible URL. The file is fetched, validated and stored before the response.',
      example: 'https://example.com/lemon-tart.jpg',
    }),
    data: z.string().optional().meta({
      description:
        'Instead of url: the file as base64, with or without the prefix of a data URL. The body has at most 16 MiB; send larger files as a form.',
    }),
    mediaType,
  })
  .superRefine(oneSource, { when: ({ value }) => typeof value === 'object' && value !== null })
  .meta({ id: 'CreateMedia' });

export const UploadFields = z.strictObject({ mediaType });

export const uploadAbout =
  'A JPEG or PNG, at most 32 MiB (WebP, GIF, AVIF and TIFF are converted), or a video as MP4, MOV or M4V: H.264 or H.265, 4 seconds to 15 minutes, at most 2 GB.';

export const ListMediaQuery = z.strictObject({
  limit: pageLimit.meta({ description: 'Media per page.' }),
  cursor: z.string().max(60).optional().meta({ description: '`data.cursor` of the previous page.' }),
});

export const MediaResource = z
  .object({
    id: z.string().meta({ description: 'Media id, to be sent as `mediaId`.' }),
    mediaType: z.enum(mediaTypes).meta({ description: 'The type of the media.' }),
    mediaUrl: z.string().meta({ description: 'URL of the hosted copy.' }),
    width: z.int().meta({ description: 'Pixels, after rotation.' }),
    height: z.int().meta({ description: 'Pixels, after rotation.' }),
    durationMs: z.int().optional().meta({ description: 'Length in milliseconds; videos only.' }),
    contentType: z.string().meta({ description: 'The type of the stored copy, such as `image/jpeg`.' }),
    bytes: z.int().meta({ description: 'Size of the stored copy.' }),
    sha256: z.string().meta({ description: 'Digest of the stored copy, in hexadecimal.' }),
    thumbnailUrl: z.string().meta({
      description: 'A WebP about 400 pixels wide. For a video it is a neutral card, not a frame.',
    }),
    placeholder: z
      .string()
      .meta({ description: 'ThumbHash in base64, to show until the thumbnail is loaded.' }),
    sourceUrl: z.string().nullable().meta({
      description:
        'The URL that it was fetched from; null for an upload. A restricted key sees only a URL that it sent.',
    }),
    createdAt: unixSeconds.meta({
      description:
        'When it was stored; for a restricted key that added it, when the key added it (Unix seconds).',
    }),
  })
  .meta({ id: 'MediaResource' });

export const MediaAnswer = z.object({ media: MediaResource }).meta({ id: 'MediaResult' });

export const MediaListAnswer = z
  .object({
    media: z.array(MediaResource),
    cursor: z
      .string()
      .nullable()
      .meta({ description: 'Send it as `cursor` for the next page; null on the last page.' }),
  })
  .meta({ id: 'MediaPage' });

export const DeletedMediaAnswer = z
  .object({
    deleted: z.literal(true),
    id: z.string().meta({ description: 'The id of the deleted media.' }),
  })
  .meta({ id: 'DeletedMedia' });

export function mediaTypeOf({ content_type }: Pick<MediaRow, 'content_type'>): 'image' | 'video' {
  return content_type.startsWith('video/') ? 'video' : 'image';
}

export function toMediaResource(row: MediaRow, publicUrl: string): z.input<typeof MediaResource> {
  return {
    ...toMediaView(row, publicUrl),
    mediaType: mediaTypeOf(row),
    mediaUrl: mediaUrl(row, publicUrl),
    sourceUrl: row.source_url,
    createdAt: toUnixSeconds(row.created_at),
  };
}

// Serves our copies and their thumbnails to browsers and to Pinterest: GET and HEAD /media/:mediaId/:fileName.
//
// Requests need no key, because dashboards show `mediaUrl` and Pinterest fetches it, and neither can send one. The id
// in the path has 74 random bits and is shown only to callers that see the post, so it is the permission.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { namesTag, type SystemPaths } from '../../platform/http/contract/index.ts';

import { parseRange } from './files/byte-range.ts';
import type { PublicFile } from './files/read-files.ts';
import type { MediaService } from './media.ts';
import { mediaNotFound } from './record/media.errors.ts';

export interface MediaFilesOptions {
  media: Pick<MediaService, 'findPublicFile'>;
}

interface MediaFilePath {
  mediaId: string;
  fileName: string;
}

const mediaType = { type: '*/*' };

export const mediaFilePaths: SystemPaths = {
  '/media/{mediaId}/{fileName}': {
    operationId: 'getMediaFile',
    summary: 'Get a media file',
    description:
      'The URLs in `mediaUrl` and `thumbnailUrl`. They need no API key: anyone who knows the URL can read the file. HEAD, Range, If-Range and If-None-Match are supported.',
    params: z.object({
      mediaId: z.string().meta({ description: 'The id of the media.' }),
      fileName: z.string().meta({ description: 'The original or the thumbnail.', example: 'picture.jpg' }),
    }),
    responses: {
      200: { description: 'The file.', ...mediaType },
      206: { description: 'The requested range.', ...mediaType },
      304: { description: 'The file has not changed.' },
      404: { description: 'The file does not exist, or the media was deleted.' },
      416: { description: 'Range not satisfiable.' },
    },
  },
};

/** Adds the route. It throws mediaNotFound and Outage to the server's error handler. */
export function registerMediaFiles(app: FastifyInstance, { media }: MediaFilesOptions): void {
  app.route<{ Params: MediaFilePath }>({
    method: ['GET', 'HEAD'],
    url: '/media/:mediaId/:fileName',
    handler: async (request, reply) => {
      const { mediaId, fileName } = request.params;
      const file = await media.findPublicFile(mediaId, fileName);
      if (!file) throw mediaNotFound();
      return answer(file, request, reply);
    },
  });
}

async function answer(file: PublicFile, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  reply.headers({
    // The type was detected by us; a browser must not guess another one, and must not run scripts in the file.
    'content-type': file.contentType,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    // Allows a dashboard on another origin to show it.
    'cross-origin-resource-policy': 'cross-origin',
    // The files of a row never change, and a deleted one must be gone soon from caches too.
    'cache-control': 'public, max-age=300, must-revalidate',
    'accept-ranges': 'bytes',
    etag: file.etag,
  });
  const known = request.headers['if-none-match'];
  if (known !== undefined && namesTag(known, file.etag)) return reply.code(304).send();

  const mayBePart = [undefined, file.etag].includes(request.headers['if-range'] as string | undefined);
  const range = parseRange(mayBePart ? request.headers.range : undefined, file.bytes);
  if (range === 'unsatisfiable') {
    return reply.code(416).header('content-range', `bytes */${file.bytes}`).send();
  }
  if (range === 'whole') {
    reply.header('content-length', file.bytes);
  } else {
    reply
      .code(206)
      .header('content-range', `bytes ${range.first}-${range.last}/${file.bytes}`)
      .header('content-length', range.last - range.first + 1);
  }
  if (request.method === 'HEAD') return reply.send();
  return reply.send(await file.open(range === 'whole' ? undefined : range));
}

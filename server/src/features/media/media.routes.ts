import { byCursor, route } from '../../platform/http/contract/index.ts';
import { malformedForm } from '../../platform/http/index.ts';
import {
  CreateMediaBody,
  DeletedMediaAnswer,
  ListMediaQuery,
  MediaAnswer,
  MediaListAnswer,
  MediaPath,
  mediaBodyBytesMax,
  UploadFields,
  uploadAbout,
} from './media.schema.ts';
import type { MediaParts } from './parts.ts';
import { mediaInUse, mediaNotFound, mediaRefused, uploadRefused } from './record/media.errors.ts';
import { addMediaFromData, addMediaFromUrl, addUploadedMedia } from './use-cases/add-media.ts';
import { deleteMedia } from './use-cases/delete-media.ts';
import { getMedia, listMedia } from './use-cases/read-media.ts';

const tag = 'Media';

/** Reading media needs the scope of reading posts, which show it. */
export function mediaRoutes(parts: MediaParts) {
  return [
    route({
      operationId: 'createMedia',
      sdkForms: { 'application/json': 'media.fromUrl', 'multipart/form-data': 'media.upload' },
      method: 'POST',
      path: '/v1/media',
      summary: 'Add media',
      description:
        'From a URL or base64 (JSON), or from a file (a multipart form, streamed). Bytes that were added before give the existing media; a restricted key does not learn who else added it, or from where. Media that no post uses is removed after MEDIA_GRACE_HOURS (default: a day).',
      tag,
      scope: 'media:write',
      body: CreateMediaBody,
      bodyBytesMax: mediaBodyBytesMax,
      outsideListsBytesMax: mediaBodyBytesMax,
      upload: { about: uploadAbout, fields: UploadFields },
      data: MediaAnswer,
      status: 201,
      refusals: [malformedForm, mediaRefused, uploadRefused],
      handle: ({ context, body, upload }) => {
        if (upload) return addUploadedMedia(parts, context, (take) => upload.read(UploadFields, take));
        const { url = '', data, mediaType } = body;
        return data === undefined
          ? addMediaFromUrl(parts, context, { url, mediaType })
          : addMediaFromData(parts, context, { data, mediaType });
      },
    }),
    route({
      operationId: 'listMedia',
      method: 'GET',
      path: '/v1/media',
      summary: 'List media',
      description:
        'Newest first. A restricted key sees the media that it added and the media that posts of its accounts use.',
      tag,
      scope: 'posts:read',
      query: ListMediaQuery,
      paging: byCursor('media'),
      data: MediaListAnswer,
      status: 200,
      refusals: [],
      handle: ({ context, query }) => listMedia(parts, context, query),
    }),
    route({
      operationId: 'getMedia',
      method: 'GET',
      path: '/v1/media/:mediaId',
      summary: 'Get media',
      description: 'For a restricted key, media of other accounts is not found.',
      tag,
      scope: 'posts:read',
      params: MediaPath,
      data: MediaAnswer,
      status: 200,
      refusals: [mediaNotFound],
      handle: ({ context, params }) => getMedia(parts, context, params.mediaId),
    }),
    route({
      operationId: 'deleteMedia',
      method: 'DELETE',
      path: '/v1/media/:mediaId',
      summary: 'Delete media',
      description:
        'Deletes the stored copy at once. Refused while a post that is not published uses it, as its media, its cover or a slide. Published Pins stay on Pinterest. With a restricted key it is also refused while a post of another account uses the media; and if others added it as well, only this key stops seeing it.',
      tag,
      scope: 'media:write',
      params: MediaPath,
      data: DeletedMediaAnswer,
      status: 200,
      refusals: [mediaNotFound, mediaInUse],
      handle: ({ context, params }) => deleteMedia(parts, context, params.mediaId),
    }),
  ];
}

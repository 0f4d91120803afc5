import { malformedForm } from '../../platform/http/bodies/upload.ts';
import { byCursor, route } from '../../platform/http/contract/route.ts';
import type { MediaLibrary } from './library.ts';
import {
  CreateMediaBody,
  DeletedMediaAnswer,
  ListMediaQuery,
  MediaAnswer,
  MediaListAnswer,
  MediaPath,
  UploadFields,
  uploadAbout,
} from './media.schema.ts';
import { mediaInUse, mediaNotFound, mediaRefused, uploadRefused } from './record/media.errors.ts';

const tag = 'Media';

/** Reading them takes no scope of its own: they are what posts show. */
export function mediaRoutes(library: MediaLibrary) {
  return [
    route({
      operationId: 'createMedia',
      method: 'POST',
      path: '/v1/media',
      summary: 'Add media',
      description:
        'From a URL (JSON), or from a file (a multipart form, streamed). Equal bytes give the media that is there already; a restricted key is not told who else added it, or from where. Media that no post uses are removed after a while (MEDIA_GRACE_HOURS, a day unless set).',
      tag,
      scope: 'media:write',
      body: CreateMediaBody,
      upload: { about: uploadAbout, fields: UploadFields },
      data: MediaAnswer,
      status: 201,
      refusals: [malformedForm, mediaRefused, uploadRefused],
      handle: ({ caller, body, upload, commit, signal }) =>
        upload
          ? library.addUpload(caller, (take) => upload.read(UploadFields, take), commit)
          : library.addFromUrl(caller, body, { commit, signal }),
    }),
    route({
      operationId: 'listMedia',
      method: 'GET',
      path: '/v1/media',
      summary: 'List media',
      description:
        'Newest first. A key restricted to some accounts sees what it added itself and what posts of its accounts use.',
      tag,
      scope: 'posts:read',
      query: ListMediaQuery,
      paging: byCursor('media'),
      data: MediaListAnswer,
      status: 200,
      refusals: [],
      handle: async ({ caller, query }) => ({ data: await library.list(caller, query) }),
    }),
    route({
      operationId: 'getMedia',
      method: 'GET',
      path: '/v1/media/:mediaId',
      summary: 'Get media',
      description:
        'Media that the key does not see are not found: those of other accounts, for a restricted key.',
      tag,
      scope: 'posts:read',
      params: MediaPath,
      data: MediaAnswer,
      status: 200,
      refusals: [mediaNotFound],
      handle: async ({ caller, params }) => ({ data: await library.get(caller, params.mediaId) }),
    }),
    route({
      operationId: 'deleteMedia',
      method: 'DELETE',
      path: '/v1/media/:mediaId',
      summary: 'Delete media',
      description:
        'Our copy is gone at once. Not while a draft, a queued, failed or publishing post uses it, as its media, its cover or a slide. Pins that are out stay on Pinterest. With a restricted key also not while any post of another account uses it; and what others added as well, only this key ceases to see.',
      tag,
      scope: 'media:write',
      params: MediaPath,
      data: DeletedMediaAnswer,
      status: 200,
      refusals: [mediaNotFound, mediaInUse],
      handle: ({ caller, params, commit, log }) => library.delete(caller, params.mediaId, { commit, log }),
    }),
  ];
}

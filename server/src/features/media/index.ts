// Fetches, checks and keeps the pictures (later the videos) of posts. The door of the media room.
export { mediaRefused } from './media.errors.ts';
export type { MediaRow } from './media.queries.ts';
export { type MediaFilesOptions, registerMediaFiles } from './media.routes.ts';
export {
  createMedia,
  type FetchFromUrl,
  type MediaOptions,
  type MediaService,
  type PictureForPublishing,
  type PublicFile,
} from './media.service.ts';
export { type MediaView, mediaUrl, toMediaView } from './media.view.ts';
export type { DeclaredType } from './media-type.ts';
export { watchMedia } from './watch-media.ts';

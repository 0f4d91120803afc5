// Fetches, checks and keeps the pictures and videos of posts. The door of the media room.

export { carouselCharactersMax, checkCarousel } from './carousel.ts';
export { createLibrary } from './library.ts';
export { mediaRefused } from './media.errors.ts';
export type { MediaRow } from './media.queries.ts';
export { mediaRoutes } from './media.routes.ts';
export {
  createMedia,
  type FetchFromUrl,
  type MediaOptions,
  type MediaService,
  type PictureForPublishing,
  type PublicFile,
  type VideoForPublishing,
} from './media.service.ts';
export { type MediaView, mediaUrl, mediaWarnings, toMediaView } from './media.view.ts';
export { type MediaFilesOptions, registerMediaFiles } from './media-files.routes.ts';
export type { DeclaredType } from './media-type.ts';
export type { FindSimilarPost, SimilarPost } from './similar-post.ts';
export { startMediaSweeper } from './sweep.ts';
export { type MediaViewer, mediaAsJson, mediaFromJson } from './visible-media.queries.ts';
export { watchMedia } from './watch-media.ts';

// Fetches, checks and keeps the pictures and videos of posts. The door of the media room.

export type { DeclaredType } from './arrive/media-type.ts';
export { carouselCharactersMax, checkCarousel } from './carousel.ts';
export { startMediaSweeper } from './files/sweep.ts';
export { createLibrary } from './library.ts';
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
export { type MediaFilesOptions, mediaFilePaths, registerMediaFiles } from './media-files.routes.ts';
export type { FindSimilarPost, SimilarPost } from './pictures/similar-post.ts';
export { mediaRefused } from './record/media.errors.ts';
export type { MediaRow } from './record/media.queries.ts';
export { type MediaView, mediaUrl, mediaWarnings, toMediaView } from './record/media.view.ts';
export { type MediaViewer, mediaAsJson, mediaFromJson } from './record/visible-media.queries.ts';
export { watchMedia } from './watch-media.ts';

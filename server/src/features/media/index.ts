// Fetches, checks and stores the pictures and videos of posts.

export type { FetchFromUrl } from './arrive/intake.ts';
export type { DeclaredType } from './arrive/media-type.ts';
export { carouselCharactersMax, checkCarousel } from './carousel.ts';
export type { PictureForPublishing, PublicFile, VideoForPublishing } from './files/read-files.ts';
export { startMediaSweeper } from './files/sweep.ts';
export { mediaRoutes } from './media.routes.ts';
export { createMedia, type MediaOptions, type MediaService } from './media.ts';
export { type MediaFilesOptions, mediaFilePaths, registerMediaFiles } from './media-files.routes.ts';
export type { MediaParts } from './parts.ts';
export { perceptualHash } from './pictures/perceptual-hash.ts';
export { hasLocation, isSrgb } from './pictures/picture-metadata.ts';
export type { FindSimilarPost, SimilarPost } from './pictures/similar-post.ts';
export { mediaRefused } from './record/media.errors.ts';
export type { MediaRow } from './record/media.queries.ts';
export { hostedMediaId, type MediaView, mediaUrl, mediaWarnings, toMediaView } from './record/media.view.ts';
export { type MediaViewer, mediaAsJson, mediaFromJson } from './record/visible-media.queries.ts';
export { watchMedia } from './watch-media.ts';

// What a post says once an edit is made, and what undoes it. No database, no network.

import { type PostContent, slidesOf } from '../record/content.ts';
import type { PostRow } from '../record/posts.queries.ts';
import type { EditPost, PreviousFields } from './edit-post.schema.ts';
import type { FoundMedia, findCover, MediaContent } from './media.ts';

/** An edit with the media that it names, found. */
export interface FoundEdit {
  edit: EditPost;
  media: FoundMedia | null;
  /** The cover alone, where the video stays. */
  cover: Awaited<ReturnType<typeof findCover>> | null;
}

/** The contents once the edit is made: absent is unchanged, null is cleared. */
export function contentAfter(
  post: PostRow,
  { edit, media, cover }: FoundEdit,
  destinationKey: (url: string) => string,
): PostContent {
  const after = <T>(value: T | undefined, before: T): T => (value === undefined ? before : value);
  const url = after(edit.url, post.url);
  const boardId = after(edit.boardId, post.board_id);
  return {
    title: after(edit.title, post.title),
    description: after(edit.description, post.description),
    url,
    destinationKey: url === null ? null : destinationKey(url),
    boardId,
    // A section belongs to its board.
    boardSectionId: after(edit.boardSectionId, boardId === post.board_id ? post.board_section_id : null),
    altText: after(edit.altText, post.alt_text),
    isSimplifiedPin: after(edit.isSimplifiedPin, post.is_simplified_pin),
    productTagPinIds: after(edit.productTagPinIds, post.product_tag_pin_ids),
    tags: after(edit.tags, post.tags),
    externalId: after(edit.externalId, post.external_id),
    ...mediaAfter(post, edit, media, cover),
  };
}

function mediaAfter(
  post: PostRow,
  edit: EditPost,
  media: FoundEdit['media'],
  cover: FoundEdit['cover'],
): MediaContent {
  if (media) {
    const isSame = media.content.mediaId === post.media_id;
    // Named by its id it still comes from where it came from.
    return {
      ...media.content,
      ...(isSame && !edit.mediaUrl && !edit.carousel && { sourceMediaUrl: post.source_media_url }),
    };
  }
  return {
    mediaType: post.media_type,
    mediaId: post.media_id,
    sourceMediaUrl: post.source_media_url,
    carousel: edit.carousel === null ? null : slidesOf(post),
    ...(edit.cover === undefined
      ? { coverMediaId: post.cover_media_id, coverSeconds: post.cover_seconds }
      : { coverMediaId: cover?.coverMediaId ?? null, coverSeconds: cover?.coverSeconds ?? null }),
  };
}

/** The fields that an edit names, as they were before: an edit that undoes it. */
export function previousOf(post: PostRow, edit: EditPost): PreviousFields {
  const own: Record<string, unknown> = {
    title: post.title,
    description: post.description,
    url: post.url,
    boardId: post.board_id,
    boardSectionId: post.board_section_id,
    altText: post.alt_text,
    isSimplifiedPin: post.is_simplified_pin,
    productTagPinIds: post.product_tag_pin_ids,
    tags: post.tags,
    externalId: post.external_id,
  };
  const named = Object.keys(edit).filter((name) => name in own);
  // Another board takes the section with it.
  if (named.includes('boardId') && !named.includes('boardSectionId')) named.push('boardSectionId');
  const isMedia = ['mediaUrl', 'mediaId', 'carousel', 'cover'].some((name) => name in edit);
  return {
    id: post.id,
    ...Object.fromEntries(named.map((name) => [name, own[name]])),
    ...(isMedia && previousMedia(post)),
  };
}

function previousMedia(post: PostRow): Omit<PreviousFields, 'id'> {
  const slides = slidesOf(post);
  const texts = (fields: Record<string, string | null>) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
  if (slides) return { carousel: slides.map(({ mediaId, ...rest }) => ({ mediaId, ...texts(rest) })) };
  if (post.media_type === 'image') return { mediaId: post.media_id, mediaType: 'image' };
  const cover =
    post.cover_media_id !== null
      ? { mediaId: post.cover_media_id }
      : post.cover_seconds !== null
        ? { seconds: post.cover_seconds }
        : null;
  return { mediaId: post.media_id, mediaType: 'video', cover };
}

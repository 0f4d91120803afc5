// The content of a post after an edit, and the edit that undoes it. Independent of database and network.
import { type PostContent, slidesOf } from '../record/content.ts';
import type { PostRow } from '../record/posts.queries.ts';
import type { EditPost, PreviousFields } from './edit-post.schema.ts';
import type { ComposedMedia, composeCover, MediaContent } from './media.ts';

/** An edit with the media that it names. */
export interface EditWithMedia {
  edit: EditPost;
  media: ComposedMedia | null;
  /** The new cover of a video that does not change. */
  cover: Awaited<ReturnType<typeof composeCover>> | null;
}

const mediaFields = ['mediaUrl', 'mediaId', 'mediaType', 'carousel', 'cover'] as const;
type MediaField = (typeof mediaFields)[number];

/** Whether an edit replaces the media of a post, or the cover of its video. */
export function namesMedia(edit: EditPost): boolean {
  return mediaFields.some((name) => name in edit);
}

/** Returns the content after an edit: absent fields are unchanged, null clears a field. */
export function contentAfter(
  post: PostRow,
  { edit, media, cover }: EditWithMedia,
  destinationKey: (url: string) => string,
): PostContent {
  const after = <T>(value: T | undefined, present: T): T => (value === undefined ? present : value);
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
  media: EditWithMedia['media'],
  cover: EditWithMedia['cover'],
): MediaContent {
  if (media) {
    const isSame = media.content.mediaId === post.media_id;
    // Media that is named by its id still has the URL that it came from.
    return {
      ...media.content,
      ...(isSame &&
        (!edit.mediaUrl || edit.mediaId) &&
        !edit.carousel && { sourceMediaUrl: post.source_media_url }),
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

/** Returns the fields that an edit names with their present values: an edit that undoes it. */
export function previousOf(post: PostRow, edit: EditPost): PreviousFields {
  const own: Record<Exclude<keyof EditPost, MediaField>, unknown> = {
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
  // An edit of the board also clears the section.
  const isEdited = (name: string) => name in edit || (name === 'boardSectionId' && 'boardId' in edit);
  return {
    id: post.id,
    ...Object.fromEntries(Object.entries(own).filter(([name]) => isEdited(name))),
    ...(namesMedia(edit) && previousMedia(post)),
  };
}

function previousMedia(post: PostRow): Omit<PreviousFields, 'id'> {
  const slides = slidesOf(post);
  const texts = (fields: Record<string, string | null>) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
  if (slides) return { carousel: slides.map(({ mediaId, ...fields }) => ({ mediaId, ...texts(fields) })) };
  if (post.media_type === 'image') return { mediaId: post.media_id, mediaType: 'image' };
  const cover =
    post.cover_media_id !== null
      ? { mediaId: post.cover_media_id }
      : post.cover_seconds !== null
        ? { seconds: post.cover_seconds }
        : null;
  return { mediaId: post.media_id, mediaType: 'video', cover };
}

// Builds the create request of a post: its texts, its board, and its pictures read from the storage.

import type { CreatePinBody, ImageFile, PinSource, VideoCover } from '../../../pinterest/index.ts';
import { Outage } from '../../../platform/errors.ts';
import { carouselCharactersMax, type MediaService } from '../../media/index.ts';
import type { PostFailure, PostRow } from '../../posts/index.ts';

export interface PinBodyParts {
  media: Pick<MediaService, 'readForPublishing'>;
  /** Whether `is_standard` is sent. Pinterest honors the value false only for apps in its closed beta. */
  sendIsStandard: 'auto' | 'always' | 'never';
}

/** A slide as stored in `posts.carousel`, in the order of the carousel. */
type Slide = { mediaId: string; title: string | null; description: string | null; url: string | null };

export type SourceRead =
  | { kind: 'ready'; source: PinSource }
  /** The media cannot be read. A later attempt may succeed. */
  | { kind: 'away' }
  | { kind: 'too_big' };

export async function readPictures(
  media: PinBodyParts['media'],
  post: Pick<PostRow, 'organization_id' | 'media_id' | 'carousel'>,
): Promise<SourceRead> {
  const read = (mediaId: string) => readPicture(media, { organizationId: post.organization_id, mediaId });
  if (post.carousel === null) {
    const picture = await read(post.media_id);
    return picture ? { kind: 'ready', source: { type: 'image_base64', ...picture } } : { kind: 'away' };
  }
  const items: Extract<PinSource, { type: 'multiple_image_base64' }>['items'] = [];
  let characters = 0;
  for (const slide of post.carousel as Slide[]) {
    const picture = await read(slide.mediaId);
    if (!picture) return { kind: 'away' };
    characters += charactersOfBase64(picture.bytes);
    if (characters > carouselCharactersMax) return { kind: 'too_big' };
    items.push({ ...picture, title: slide.title, description: slide.description, link: slide.url });
  }
  return { kind: 'ready', source: { type: 'multiple_image_base64', items } };
}

/** Returns the source for a video that was uploaded to Pinterest, with its cover, which Pinterest requires. */
export async function readCover(
  media: PinBodyParts['media'],
  post: Pick<PostRow, 'organization_id' | 'cover_media_id' | 'cover_seconds'>,
  pinterestMediaId: string,
): Promise<SourceRead> {
  const toSource = (cover: VideoCover): SourceRead => ({
    kind: 'ready',
    source: { type: 'video_id', mediaId: pinterestMediaId, cover },
  });
  if (post.cover_media_id === null) return toSource({ type: 'key_frame', seconds: post.cover_seconds ?? 0 });
  const picture = await readPicture(media, {
    organizationId: post.organization_id,
    mediaId: post.cover_media_id,
  });
  return picture ? toSource({ type: 'image_base64', ...picture }) : { kind: 'away' };
}

const charactersOfBase64 = ({ length }: Uint8Array) => Math.ceil(length / 3) * 4;

/** Reads a picture; null if it cannot be read or does not exist. */
async function readPicture(
  media: PinBodyParts['media'],
  picture: { organizationId: string; mediaId: string },
): Promise<ImageFile | null> {
  try {
    return await media.readForPublishing(picture);
  } catch (error) {
    if (error instanceof Outage) return null;
    throw error;
  }
}

/**
 * Builds the request body. `is_standard` is the opposite of `isSimplifiedPin`. Product tags are stored with the post
 * but not sent, because Pinterest's API (5.23.0) has no field for them in POST /pins.
 */
export function toPin(
  post: PostRow,
  source: PinSource,
  sendIsStandard: PinBodyParts['sendIsStandard'],
): CreatePinBody {
  const isStandard = !post.is_simplified_pin;
  const isSent = sendIsStandard === 'always' || (sendIsStandard === 'auto' && isStandard);
  return {
    // The constraint scheduled_is_complete guarantees a board.
    boardId: post.board_id ?? '',
    boardSectionId: post.board_section_id,
    title: post.title,
    description: post.description,
    link: post.url,
    altText: post.alt_text,
    ...(isSent && { isStandard }),
    source,
  };
}

export const mediaAway: PostFailure = {
  code: 'media_unavailable',
  message: 'The stored media of this post cannot be read.',
  remediation:
    'Check that the media storage exists and is readable, or restore it from a backup. Pintail retries automatically.',
  retryable: true,
};

export const carouselTooBig: PostFailure = {
  code: 'too_big',
  message: 'The pictures of this carousel are too large together for one request to Pinterest.',
  remediation: 'Use smaller pictures: together at most 30 MB.',
  retryable: false,
};

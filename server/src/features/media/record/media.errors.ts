// The refusals of this room, and the error with which its parts report a file that cannot be used.
import { refusal } from '../../../platform/errors.ts';

/** The message is the hosted API's, word for word. The details have the cause and the remedy. */
export const mediaRefused = refusal({
  code: 'UNPROCESSABLE_ENTITY',
  reason: 'media_processing_failed',
  message:
    'Failed to process media URL. Ensure the URL is publicly accessible and points to a valid media file.',
});

export const uploadRefused = refusal({
  code: 'UNPROCESSABLE_ENTITY',
  reason: 'upload_unusable',
  message: 'The uploaded file cannot be used as media.',
  fix: 'The entry of `details` says what is wrong with it and what to send.',
});

export const mediaInUse = refusal({
  code: 'CONFLICT',
  reason: 'media_in_use',
  message: 'A post that is not out yet uses this media',
  fix: 'Delete these posts, or give them other media.',
});

export const mediaNotFound = refusal({
  code: 'NOT_FOUND',
  reason: 'media_not_found',
  message: 'Media not found',
});

/** The problems of a file that was received. Problems of fetching it are `OutboundReason`. */
export type MediaProblemCode =
  | 'empty_file'
  | 'too_large'
  | 'too_slow'
  | 'web_page'
  | 'not_a_media_file'
  | 'unsupported_image_type'
  | 'unsupported_video_type'
  | 'media_type_mismatch'
  | 'image_broken'
  | 'image_too_small'
  | 'image_too_many_pixels'
  | 'image_too_complex'
  | 'image_too_large'
  | 'video_broken'
  | 'video_without_picture'
  | 'video_codec_unsupported'
  | 'video_too_short'
  | 'video_too_long'
  | 'video_shape_unsupported'
  | 'storage_quota_reached';

/** Thrown by the code that examines a file, which does not know the field of the request that named it. */
export class MediaProblem extends Error {
  override readonly name = 'MediaProblem';
  readonly code: MediaProblemCode;

  /** @param message For people: what is wrong and what to do. */
  constructor(code: MediaProblemCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

// What kind of file a few bytes are the beginning of, and whether it is what the caller said. Believes the bytes
// alone: a file name or a Content-Type header is only what somebody claims.
import { fileTypeFromBuffer, fileTypeFromFile } from 'file-type';
import { MediaProblem } from '../record/media.errors.ts';

export type DeclaredType = 'image' | 'video';
/** `any`: the caller did not say, and need not. */
export type WantedType = DeclaredType | 'any';

/** How much of a file `refuseEarly` wants to see: what file-type reads to know all types but a few. */
export const headBytes = 4100;

/** Types that we can decode. All but the first two are converted: Pinterest takes JPEG and PNG. */
const pictureTypes = new Set([
  'image/jpeg',
  'image/png',
  'image/apng',
  'image/webp',
  'image/gif',
  'image/avif',
  'image/tiff',
  'image/heic',
  'image/heif',
  'image/heic-sequence',
  'image/heif-sequence',
]);
/** .mp4, .mov and .m4v, which Pinterest accepts; and brands of the same family under which phones write an MP4. */
const videoTypes = new Set([
  'video/mp4',
  'video/quicktime',
  'video/x-m4v',
  'video/3gpp',
  'video/3gpp2',
  'audio/x-m4a',
]);

const accepted =
  'Send a JPEG or PNG (HEIC, WebP, GIF, AVIF and TIFF are converted), or a video as MP4, MOV or M4V.';

/**
 * Refuses what the beginning of a file already gives away, so that a long video or a web page is not fetched to
 * its end first.
 *
 * @param head The first `headBytes` of the file, or all of it
 * @returns what it is, as far as that can be told yet
 * @throws MediaProblem
 */
export async function refuseEarly(head: Uint8Array, wanted: WantedType): Promise<string | undefined> {
  if (head.length === 0)
    throw new MediaProblem('empty_file', 'There is nothing in this file. Check where it comes from.');
  const type = (await fileTypeFromBuffer(head))?.mime;
  // A TIFF is told by tables that may lie at its end; it is judged when all of it is there.
  if (type === undefined && isTiff(head)) return undefined;
  return judge(type === undefined || type === 'application/xml' ? (textType(head) ?? type) : type, wanted);
}

/**
 * What a whole file is.
 *
 * @param begun What `refuseEarly` said of its beginning. Only where it could not say is the file looked at again
 * @throws MediaProblem when it is not what was declared, or nothing we take
 */
export async function identify(path: string, begun: string | undefined, wanted: WantedType): Promise<string> {
  return judge(begun ?? (await fileTypeFromFile(path))?.mime, wanted);
}

export function isVideoType(type: string | undefined): boolean {
  return type !== undefined && (type.startsWith('video/') || videoTypes.has(type));
}

function judge(type: string | undefined, wanted: WantedType): string {
  if (type === 'text/html') {
    throw new MediaProblem(
      'web_page',
      'This is a web page, not a picture or a video. Open it and copy the address of the file itself.',
    );
  }
  if (type !== undefined && isVideoType(type)) return judgeVideo(type, wanted);
  if (type === undefined || !type.startsWith('image/')) {
    const found = type === undefined ? 'This file' : `This file (${type})`;
    throw new MediaProblem('not_a_media_file', `${found} is neither a picture nor a video. ${accepted}`);
  }
  if (!pictureTypes.has(type)) {
    throw new MediaProblem('unsupported_image_type', `Pictures of type ${type} cannot be read. ${accepted}`);
  }
  if (wanted === 'video') {
    throw new MediaProblem(
      'media_type_mismatch',
      `This is a picture (${type}). Send "mediaType": "image", or leave mediaType out.`,
    );
  }
  return type;
}

function judgeVideo(type: string, wanted: WantedType): string {
  if (!videoTypes.has(type)) {
    throw new MediaProblem(
      wanted === 'image' ? 'media_type_mismatch' : 'unsupported_video_type',
      `This is a video (${type}) of a kind that Pinterest does not take. Send an MP4, MOV or M4V file with "mediaType": "video".`,
    );
  }
  if (wanted === 'image') {
    throw new MediaProblem('media_type_mismatch', `This is a video (${type}). Send "mediaType": "video".`);
  }
  return type;
}

function isTiff(head: Uint8Array): boolean {
  const magic = Buffer.from(head.subarray(0, 4)).toString('latin1');
  return magic === 'II*\0' || magic === 'MM\0*';
}

/** Types that are text, which file-type leaves alone. */
function textType(head: Uint8Array): string | undefined {
  const text = Buffer.from(head)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()
    .toLowerCase();
  if (!text.startsWith('<')) return undefined;
  if (/<(!doctype html|html|head|body|script)[\s>]/.test(text)) return 'text/html';
  return /<svg[\s>]/.test(text) ? 'image/svg+xml' : undefined;
}

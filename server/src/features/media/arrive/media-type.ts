// Detects the type of a file by its first bytes, and compares it with the type that the caller declared. File names and
// Content-Type headers are not trusted.
import { fileTypeFromBuffer, fileTypeFromFile } from 'file-type';
import { MediaProblem } from '../record/media.errors.ts';

export type DeclaredType = 'image' | 'video';
/** `any`: the caller declared no type, and need not. */
export type WantedType = DeclaredType | 'any';

/** The number of bytes that `refuseEarly` needs: file-type detects all but a few types by them. */
export const headBytes = 4100;

/** The types that can be decoded. All but the first two are converted, because Pinterest accepts JPEG and PNG. */
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
/** The types of .mp4, .mov and .m4v, which Pinterest accepts, and other brands under which phones store an MP4. */
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
 * Refuses a file by its beginning, so that a long video or a web page is not fetched to its end first.
 *
 * @param head The first `headBytes` of the file, or all of it
 * @returns the type, as far as it is known yet
 * @throws MediaProblem
 */
export async function refuseEarly(head: Uint8Array, wanted: WantedType): Promise<string | undefined> {
  if (head.length === 0)
    throw new MediaProblem('empty_file', 'There is nothing in this file. Check where it comes from.');
  const type = (await fileTypeFromBuffer(head))?.mime;
  // The tables of a TIFF may be at its end, so its type is checked when the whole file was received.
  if (type === undefined && isTiff(head)) return undefined;
  return judge(type === undefined || type === 'application/xml' ? (textType(head) ?? type) : type, wanted);
}

/**
 * Detects the type of a whole file.
 *
 * @param begun The result of `refuseEarly`. The file is read again only if it is undefined
 * @throws MediaProblem when it is not the declared type, or a type that is not accepted
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
    const subject = type === undefined ? 'This file' : `This file (${type})`;
    throw new MediaProblem('not_a_media_file', `${subject} is neither a picture nor a video. ${accepted}`);
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

/** The text types, which file-type does not detect. */
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

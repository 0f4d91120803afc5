// Media in responses: the `media` of a post, and the URLs of its files.
import { isId } from '../../../domain/ids.ts';
import type { Warning } from '../../../platform/use-case/index.ts';
import type { MediaRow } from './media.queries.ts';
import { originalFile, thumbnailFile } from './stored-files.ts';

/** `media` of a post (docs/api-contract.md#posts). */
export interface MediaView {
  id: string;
  /** In pixels. */
  width: number;
  height: number;
  /** Videos only. */
  durationMs?: number;
  contentType: string;
  bytes: number;
  /** SHA-256 of our copy, in hexadecimal. */
  sha256: string;
  thumbnailUrl: string;
  /** ThumbHash, base64. */
  placeholder: string;
}

/** @param publicUrl The URL of this server, such as `https://pins.example.com` */
export function toMediaView(row: MediaRow, publicUrl: string): MediaView {
  return {
    id: row.id,
    width: row.width,
    height: row.height,
    ...(row.duration_ms !== null && { durationMs: row.duration_ms }),
    contentType: row.content_type,
    bytes: row.bytes,
    sha256: row.sha256,
    thumbnailUrl: fileUrl(row.id, thumbnailFile, publicUrl),
    placeholder: row.placeholder,
  };
}

/** Warnings about changes to the file that its sender may not expect. */
export function mediaWarnings(row: Pick<MediaRow, 'source_frames'>): Warning[] {
  if (row.source_frames === 1) return [];
  const message = `The picture has ${row.source_frames} frames or pages. Pinterest takes single pictures, so only the first one is kept. Send a video to publish something that moves.`;
  return [{ code: 'first_frame_only', message }];
}

/** The URL of our copy: `mediaUrl` of a post. */
export function mediaUrl(row: Pick<MediaRow, 'id' | 'content_type'>, publicUrl: string): string {
  return fileUrl(row.id, originalFile(row.content_type), publicUrl);
}

/** The id of the media whose file has this URL; undefined for any other URL. The media may not exist. */
export function hostedMediaId(url: string, publicUrl: string): string | undefined {
  const base = URL.parse(`${publicUrl.replace(/\/+$/, '')}/media/`);
  const parsed = URL.parse(url);
  if (!base || parsed?.origin !== base.origin || !parsed.pathname.startsWith(base.pathname)) return undefined;
  const [id = ''] = parsed.pathname.slice(base.pathname.length).split('/');
  return isId('med', id) ? id : undefined;
}

function fileUrl(id: string, name: string, publicUrl: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/media/${id}/${name}`;
}

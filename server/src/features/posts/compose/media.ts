// Finds or fetches the media that a body names: by URL or by id, several for a carousel, and a cover.
import type { Tx } from '../../../platform/db/index.ts';
import type { Detail } from '../../../platform/errors.ts';
import { first } from '../../../platform/single.ts';
import { allOrRefuse, invalidBody } from '../../../platform/use-case/index.ts';
import type { AccountRow } from '../../accounts/index.ts';
import {
  checkCarousel,
  type MediaRow,
  type MediaService,
  type MediaViewer,
  mediaRefused,
} from '../../media/index.ts';
import type { PostContent, Slide } from '../record/content.ts';
import { refuseGone } from '../record/posts.errors.ts';
import type { NamedMedia } from './facts.ts';

function mediaNotFound(path: string): Detail {
  const message = 'There is no media with this id. POST /v1/media adds media, GET /v1/media lists it.';
  return { path, code: 'media_not_found', message };
}

/** Returns a detail for each id that names no media, so that nothing is fetched for a body with such an id. */
export function unknownMedia(
  known: MediaSource['known'],
  { carousel, cover, ...own }: NamedMedia,
  prefix = '',
): Detail[] {
  const all = [
    { at: '', named: own },
    ...(carousel ?? []).map((slide, index) => ({ at: `carousel.${index}.`, named: slide })),
    { at: 'cover.', named: cover ?? {} },
  ];
  return all.flatMap(({ at, named }) =>
    named.mediaId === undefined || known.has(named.mediaId)
      ? []
      : [mediaNotFound(`${prefix}${at}${fieldOf(named)}`)],
  );
}

/** Returns the field that names the media. With both, `mediaUrl` is the URL of the hosted copy (hosted-media.ts). */
function fieldOf({ mediaUrl }: Named): 'mediaUrl' | 'mediaId' {
  return mediaUrl === undefined ? 'mediaId' : 'mediaUrl';
}

interface Named {
  mediaUrl?: string | undefined;
  mediaId?: string | undefined;
}

/** The URL from which media was fetched; null if it is stored already. */
function sourceOf({ mediaUrl, mediaId }: Named): string | null {
  return mediaId === undefined ? (mediaUrl ?? null) : null;
}

/** The part of a post's content that is about media. */
export type MediaContent = Pick<
  PostContent,
  'mediaType' | 'mediaId' | 'sourceMediaUrl' | 'carousel' | 'coverMediaId' | 'coverSeconds'
>;

export interface ComposedMedia {
  content: MediaContent;
  /** All media of the content, by id. */
  rows: Map<string, MediaRow>;
}

export interface MediaSource {
  /** The named media that the viewer sees, by id. */
  known: ReadonlyMap<string, MediaRow>;
  fetchFromUrl: MediaService['fetchFromUrl'];
  viewer: MediaViewer;
  /** The prefix of field names in a refusal: `posts.3.`. Empty for a body of its own. */
  prefix?: string;
  signal: AbortSignal;
}

/**
 * Fetches, checks and stores media that is named by URL, and finds media that is named by id.
 * @throws mediaRefused, or invalidBody for an unknown id, with all problems at once.
 */
export async function composeMedia(source: MediaSource, named: NamedMedia): Promise<ComposedMedia> {
  const { carousel, cover } = named;
  const slides = carousel?.map((slide, index) => ({ ...slide, at: `carousel.${index}.` }));
  const [ownRows, composedCover] = await allOrRefuse([
    slides
      ? allOrRefuse(slides.map((slide) => findOrFetch(source, slide, slide.at, 'image')))
      : allOrRefuse([findOrFetch(source, named, '', named.mediaType)]),
    cover ? composeCover(source, cover) : { coverMediaId: null, coverSeconds: null, row: undefined },
  ]);
  const own = first(ownRows);
  const mediaType = isVideo(own) ? 'video' : 'image';
  if (cover && mediaType === 'image') throw coverOfPicture(source.prefix);
  if (cover) checkFrame(own, cover, source.prefix);
  const problems = slides ? checkCarousel(ownRows) : [];
  if (problems.length > 0) throw mediaRefused(prefixed(problems, source.prefix));
  return {
    content: {
      mediaType,
      mediaId: own.id,
      sourceMediaUrl: sourceOf(slides?.[0] ?? named),
      carousel: slides ? slides.map((slide, index) => toSlide(slide, ownRows[index] ?? own)) : null,
      coverMediaId: composedCover.coverMediaId,
      coverSeconds: composedCover.coverSeconds,
    },
    rows: new Map(
      [...ownRows, ...(composedCover.row ? [composedCover.row] : [])].map((row) => [row.id, row]),
    ),
  };
}

/** Returns the refusal of a cover for a picture. */
export function coverOfPicture(prefix = '') {
  return invalidBody([
    { path: `${prefix}cover`, code: 'not_together', message: 'Only a video has a cover.' },
  ]);
}

/** @throws invalidBody for a frame after the end of the video. */
export function checkFrame(
  video: Pick<MediaRow, 'duration_ms'>,
  { seconds }: NonNullable<NamedMedia['cover']>,
  prefix = '',
): void {
  const { duration_ms: durationMs } = video;
  if (seconds === undefined || durationMs === null || seconds * 1000 <= durationMs) return;
  const message = `The video has ${Math.floor(durationMs / 1000)} seconds.`;
  throw invalidBody([{ path: `${prefix}cover.seconds`, code: 'after_the_end', message }]);
}

/** Finds or fetches a cover alone, for a video that does not change. */
export async function composeCover(
  source: MediaSource,
  cover: NonNullable<NamedMedia['cover']>,
): Promise<Pick<MediaContent, 'coverMediaId' | 'coverSeconds'> & { row: MediaRow | undefined }> {
  const row = cover.seconds === undefined ? await findOrFetch(source, cover, 'cover.', 'image') : undefined;
  return { coverMediaId: row?.id ?? null, coverSeconds: cover.seconds ?? null, row };
}

function toSlide(texts: NonNullable<NamedMedia['carousel']>[number], row: MediaRow): Slide {
  return {
    mediaId: row.id,
    title: texts.title ?? null,
    description: texts.description ?? null,
    url: texts.url ?? null,
  };
}

/**
 * @param at The prefix of the field: `carousel.2.`
 * @param type The required type. Undefined: an image when fetched (the hosted API's default), any type when stored.
 */
async function findOrFetch(
  { known, fetchFromUrl, viewer, prefix = '', signal }: MediaSource,
  named: Named,
  at: string,
  type: 'image' | 'video' | undefined,
): Promise<MediaRow> {
  if (named.mediaUrl !== undefined && named.mediaId === undefined) {
    const path = `${prefix}${at}mediaUrl`;
    return fetchFromUrl({
      organizationId: viewer.organizationId,
      sender: viewer,
      url: named.mediaUrl,
      declaredType: type ?? 'image',
      path,
      signal,
    });
  }
  const path = `${prefix}${at}${fieldOf(named)}`;
  const row = known.get(named.mediaId ?? '');
  if (!row) throw invalidBody([mediaNotFound(path)]);
  const rowType = isVideo(row) ? 'video' : 'image';
  if (type === undefined || type === rowType) return row;
  const message =
    at === ''
      ? `It is ${withArticle(rowType)}. Send "mediaType": "${rowType}".`
      : `It is ${withArticle(rowType)}; this field requires ${withArticle(type)}.`;
  throw mediaRefused([{ path, code: 'media_type_mismatch', message }]);
}

function isVideo(row: MediaRow): boolean {
  return row.content_type.startsWith('video/');
}

function withArticle(type: 'image' | 'video'): string {
  return type === 'image' ? 'an image' : 'a video';
}

function prefixed(details: readonly Detail[], prefix = ''): Detail[] {
  return details.map((detail) => ({ ...detail, path: `${prefix}${detail.path}` }));
}

/**
 * Locks media until the transaction ends, because media may have been deleted since the facts were read.
 * @throws mediaGone
 */
export async function lockNamedMedia(
  media: Pick<MediaService, 'hold'>,
  tx: Tx,
  account: AccountRow,
  ids: readonly string[],
): Promise<void> {
  const locked = await media.hold(tx, account.organization_id, ids);
  refuseGone(ids, new Set(locked.keys()));
}

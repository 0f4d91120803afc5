// POST /pins: each accepted call creates a new Pin, also when an identical one was created a moment ago. Pinterest has no
// deduplication and no idempotency key (docs/pinterest.md#design-constraints).

import {
  badParameter,
  couldNotFetchImage,
  imageBroken,
  notPermitted,
  pinNotFound,
} from '../ground/refusal.ts';
import type { Answer, Call } from '../http/operation.ts';
import { check } from '../http/parse.ts';
import { fetchImage, looksLikeImage } from '../images/fetch.ts';
import { imageFormats, inspectImage } from '../images/inspect.ts';
import type { Board, Picture, Pin, Section } from '../store/model.ts';
import { getBoard, getSection } from './access.ts';
import { requireUsableMedia } from './media.ts';
import { type MediaSource, type PinCreate, pinCreate } from './pin-create.schema.ts';
import { pinTextsFrom } from './pin-text.ts';
import { pinView } from './views.ts';

export async function createPin(call: Call): Promise<Answer> {
  const input = check(pinCreate, call.json());
  const texts = pinTextsFrom(input, call.settings());
  getPlace(call, input);
  if (input.parent_pin_id != null && !call.store.rows.pins.has(input.parent_pin_id)) throw pinNotFound();
  const isStandard = decideStandard(call, input.media_source);
  const pictures = await picturesOf(call, input.media_source, texts.link);
  // The board may have been deleted while the image was fetched.
  const { board, section } = getPlace(call, input);

  const now = call.clock.now();
  const { listing, clockSkewSeconds, createStatus } = call.settings();
  const pin: Pin = {
    id: call.store.ids.next(),
    accountId: call.account.id,
    boardId: board.id,
    boardSectionId: section?.id ?? null,
    ...texts,
    dominantColor: input.dominant_color ?? null,
    parentPinId: input.parent_pin_id ?? null,
    aiDisclosures: input.ai_disclosures?.values ?? [],
    sourceType: input.media_source.source_type,
    pictures,
    mediaId: input.media_source.source_type === 'video_id' ? input.media_source.media_id : null,
    isStandard,
    createdAt: now.toISOString(),
    shownCreatedAt: new Date(now.getTime() + clockSkewSeconds * 1_000).toISOString(),
    listedFrom: new Date(now.getTime() + listing.delaySeconds * 1_000).toISOString(),
    requestNumber: call.requestNumber,
    deletedAt: null,
  };
  call.store.commit({ put: 'pins', row: pin });
  return { status: createStatus, body: pinView(call, pin, { viewer: call.account, withMetrics: false }) };
}

function getPlace(call: Call, input: PinCreate): { board: Board; section: Section | null } {
  const board = getBoard(call, input.board_id, 'boards:read', 'boards:write', 'pins:write');
  const sectionId = input.board_section_id ?? null;
  return { board, section: sectionId === null ? null : getSection(call, board, sectionId) };
}

/** `is_standard: false` is for a closed list of beta users; its effect for others is a setting. */
function decideStandard(call: Call, source: MediaSource): boolean {
  if (!('is_standard' in source) || source.is_standard) return true;
  switch (call.settings().isStandard) {
    case 'honoured':
      return false;
    case 'ignored':
      return true;
    case 'refused':
      throw badParameter("Invalid request: 'is_standard' is not available to this application.");
  }
}

async function picturesOf(call: Call, source: MediaSource, link: string | null): Promise<Picture[]> {
  switch (source.source_type) {
    case 'image_base64':
      return [await fromBase64(call, source)];
    case 'image_url':
      return [await fromUrl(call, source.url)];
    case 'multiple_image_base64':
    case 'multiple_image_urls':
      return slides(call, source);
    case 'video_id':
      return coverOf(call, source);
    case 'pin_url':
      if (call.settings().pinUrl === 'refused') throw notPermitted();
      if (link === null || link === '') throw badParameter("Invalid request: 'pin_url' needs a 'link'.");
      return [];
  }
}

type Slides = Extract<MediaSource, { source_type: 'multiple_image_base64' | 'multiple_image_urls' }>;

async function slides(call: Call, source: Slides): Promise<Picture[]> {
  const pictures: Picture[] = [];
  // Sequential: decoding five large images at once would need five times the memory.
  for (const item of source.items) {
    const picture = 'url' in item ? await fromUrl(call, item.url) : await fromBase64(call, item);
    const { title = null, description = null, link = null } = item;
    pictures.push({ ...picture, title, description, link });
  }
  return pictures;
}

async function coverOf(
  call: Call,
  source: Extract<MediaSource, { source_type: 'video_id' }>,
): Promise<Picture[]> {
  const { cover_image_content_type: type, cover_image_data: data, cover_image_url: url } = source;
  const hasData = type !== undefined && data !== undefined;
  if (!hasData && url === undefined && source.cover_image_key_frame_time === undefined) {
    // The document marks all of these optional; the service requires one (docs/pinterest.md#creating-a-pin).
    throw badParameter(
      'Invalid request: cover_image_url or cover_image_content_type and cover_image_data is required.',
    );
  }
  requireUsableMedia(call, source.media_id);
  if (hasData) return [await fromBase64(call, { content_type: type, data })];
  return url === undefined ? [] : [await fromUrl(call, url)];
}

async function fromBase64(
  call: Call,
  source: { content_type: 'image/jpeg' | 'image/png'; data: string },
): Promise<Picture> {
  if (!isWholeBase64(source.data)) throw imageBroken();
  const format = source.content_type === 'image/png' ? 'png' : 'jpeg';
  return inspectImage(call, Buffer.from(source.data, 'base64'), [format]);
}

/** Several checks, because a single pattern would backtrack over megabytes. */
function isWholeBase64(data: string): boolean {
  const padding = data.indexOf('=');
  const isPaddedAtEnd = padding === -1 || padding === data.length - 1 || data.slice(padding) === '==';
  return data.length % 4 === 0 && isPaddedAtEnd && /^[a-zA-Z0-9+/=]+$/.test(data);
}

async function fromUrl(call: Call, url: string): Promise<Picture> {
  const bytes = await fetchImage(url, call.settings().imageUrl);
  if (!looksLikeImage(bytes)) throw couldNotFetchImage();
  return inspectImage(call, bytes, imageFormats);
}

// POST /pins: each accepted call makes a new Pin, also when the same one was made a moment ago.
// Pinterest has no dedupe and no idempotency key (docs/pinterest.md#design-constraints), and this is why Pintail exists.

import type { Answer, Call } from '../http/operation.ts';
import { check } from '../http/parse.ts';
import { badParameter, couldNotFetchImage, imageBroken, notPermitted, pinNotFound } from '../http/refusal.ts';
import { fetchImage, looksLikeImage } from '../images/fetch.ts';
import { imageFormats, inspectImage } from '../images/inspect.ts';
import type { Board, Picture, Pin, Section } from '../store/model.ts';
import { getBoard, getSection } from './access.ts';
import { requireUsableMedia } from './media.ts';
import { type MediaSource, type PinCreate, pinCreate } from './pin-create.schema.ts';
import { pinTextsFrom } from './pin-text.ts';
import { pinView } from './views.ts';

export async function createPin(call: Call): Promise<Answer> {
  const given = check(pinCreate, call.json());
  const { world } = call;
  const texts = pinTextsFrom(given, world.settings());
  getPlace(call, given);
  if (given.parent_pin_id != null && !world.store.rows.pins.has(given.parent_pin_id)) throw pinNotFound();
  const isStandard = decideStandard(call, given.media_source);
  const pictures = await picturesOf(call, given.media_source, texts.link);
  // Fetching took time: the board may be gone by now.
  const { board, section } = getPlace(call, given);

  const now = world.clock.now();
  const { listing, clockSkewSeconds, createStatus } = world.settings();
  const pin: Pin = {
    id: world.store.ids.next(),
    accountId: call.account.id,
    boardId: board.id,
    boardSectionId: section?.id ?? null,
    ...texts,
    dominantColor: given.dominant_color ?? null,
    parentPinId: given.parent_pin_id ?? null,
    aiDisclosures: given.ai_disclosures?.values ?? [],
    sourceType: given.media_source.source_type,
    pictures,
    mediaId: given.media_source.source_type === 'video_id' ? given.media_source.media_id : null,
    isStandard,
    createdAt: now.toISOString(),
    shownCreatedAt: new Date(now.getTime() + clockSkewSeconds * 1_000).toISOString(),
    listedFrom: new Date(now.getTime() + listing.delaySeconds * 1_000).toISOString(),
    requestNumber: call.requestNumber,
    deletedAt: null,
  };
  world.store.commit({ put: 'pins', row: pin });
  return { status: createStatus, body: pinView(world, pin, { viewer: call.account, withMetrics: false }) };
}

function getPlace(call: Call, given: PinCreate): { board: Board; section: Section | null } {
  const board = getBoard(call, given.board_id, 'boards:read', 'boards:write', 'pins:write');
  const sectionId = given.board_section_id ?? null;
  return { board, section: sectionId === null ? null : getSection(call, board, sectionId) };
}

/** `is_standard: false` is for a closed list of beta users; what others get is a switch. */
function decideStandard(call: Call, source: MediaSource): boolean {
  if (!('is_standard' in source) || source.is_standard) return true;
  switch (call.world.settings().isStandard) {
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
      if (call.world.settings().pinUrl === 'refused') throw notPermitted();
      if (link === null || link === '') throw badParameter("Invalid request: 'pin_url' needs a 'link'.");
      return [];
  }
}

type Slides = Extract<MediaSource, { source_type: 'multiple_image_base64' | 'multiple_image_urls' }>;

async function slides(call: Call, source: Slides): Promise<Picture[]> {
  const pictures: Picture[] = [];
  // One after another: five large pictures decoded at once would be five times the memory.
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
    // The document marks all of these optional; the service wants one (docs/pinterest.md#creating-a-pin).
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
  return inspectImage(call.world, Buffer.from(source.data, 'base64'), [format]);
}

/** One pattern for all of it would step back and forth over megabytes. */
function isWholeBase64(data: string): boolean {
  const padding = data.indexOf('=');
  const isPaddedAtEnd = padding === -1 || padding === data.length - 1 || data.slice(padding) === '==';
  return data.length % 4 === 0 && isPaddedAtEnd && /^[a-zA-Z0-9+/=]+$/.test(data);
}

async function fromUrl(call: Call, url: string): Promise<Picture> {
  const bytes = await fetchImage(url, call.world.settings().imageUrl);
  if (!looksLikeImage(bytes)) throw couldNotFetchImage();
  return inspectImage(call.world, bytes, imageFormats);
}

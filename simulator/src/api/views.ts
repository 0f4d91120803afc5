// The wire format of accounts, boards, sections and Pins (docs/pinterest.md#creating-a-pin, #boards-and-paging).
import type { ApiParts } from '../http/operation.ts';
import type { Account, Board, Environment, Picture, Pin, Section } from '../store/model.ts';

/** Formats a moment without zone and fractions, as Pinterest does although it declares date-time. */
export function zoneless(moment: string): string {
  return moment.slice(0, 19);
}

export function accountView(parts: ApiParts, account: Account): Record<string, unknown> {
  const pins = parts.store.pinsOfAccount(account.id).length;
  const boards = boardsOf(parts, account).length;
  return {
    id: account.id,
    username: account.username,
    account_type: account.accountType,
    about: '',
    business_name: account.accountType === 'BUSINESS' ? account.username : null,
    website_url: '',
    profile_image: `${parts.addresses.url}/samples/garden.jpg`,
    board_count: boards,
    pin_count: pins,
    follower_count: 0,
    following_count: 0,
    monthly_views: 0,
  };
}

export function boardsOf(parts: ApiParts, account: Account): Board[] {
  return [...parts.store.rows.boards.values()].filter((board) => board.accountId === account.id);
}

export function boardView(parts: ApiParts, board: Board): Record<string, unknown> {
  const owner = parts.store.rows.accounts.get(board.accountId);
  const pins = parts.store.pinsOfBoard(board.id);
  const newest = pins.at(-1);
  const thumbnails = pins
    .slice(-5)
    .reverse()
    .flatMap((pin) => pin.pictures[0] ?? [])
    .map((picture) => imageUrl(parts, '150x150', picture));
  const view = {
    id: board.id,
    name: board.name,
    description: board.description,
    privacy: board.privacy,
    owner: { username: owner?.username ?? '' },
    pin_count: pins.length,
    follower_count: 0,
    collaborator_count: 0,
    is_ads_only: board.isAdsOnly,
    created_at: zoneless(board.createdAt),
    board_pins_modified_at: zoneless(newest?.createdAt ?? board.createdAt),
    media: { image_cover_url: thumbnails[0] ?? null, pin_thumbnail_urls: thumbnails },
  };
  return reshape(parts, view, ['id', 'name']);
}

export function sectionView(section: Section): Record<string, unknown> {
  return { id: section.id, name: section.name };
}

export interface PinViewOptions {
  viewer: Account;
  withMetrics: boolean;
}

export function pinView(
  parts: ApiParts,
  pin: Pin,
  { viewer, withMetrics }: PinViewOptions,
): Record<string, unknown> {
  const owner = parts.store.rows.accounts.get(pin.accountId);
  const view = {
    id: pin.id,
    created_at: zoneless(pin.shownCreatedAt),
    board_id: pin.boardId,
    board_section_id: pin.boardSectionId,
    board_owner: { username: owner?.username ?? '' },
    title: pin.title,
    description: pin.description,
    link: pin.link,
    alt_text: pin.altText,
    dominant_color: pin.dominantColor ?? '#6e7874',
    parent_pin_id: pin.parentPinId,
    media: mediaView(parts, pin),
    creative_type: creativeType(pin),
    is_owner: pin.accountId === viewer.id,
    is_standard: pin.isStandard,
    has_been_promoted: false,
    pin_metrics: withMetrics ? noMetricsYet() : null,
  };
  return reshape(parts, view, ['id']);
}

function noMetricsYet(): Record<string, unknown> {
  return {
    '90d': { pin_click: 0, impression: 0, clickthrough: 0 },
    lifetime_metrics: { pin_click: 0, impression: 0, clickthrough: 0, reaction: 0, comment: 0 },
  };
}

export function creativeType(pin: Pin): string {
  if (pin.sourceType === 'video_id') return 'VIDEO';
  if (pin.sourceType === 'pin_url') return 'SHOPPING';
  return pin.sourceType.startsWith('multiple') ? 'CAROUSEL' : 'REGULAR';
}

function mediaView(parts: ApiParts, pin: Pin): Record<string, unknown> {
  const [first] = pin.pictures;
  if (pin.sourceType === 'video_id') {
    const view = {
      media_type: 'video',
      // Null while Pinterest processes a new video (docs/pinterest.md#creating-a-pin).
      width: null,
      height: null,
      duration: null,
      video_url: null,
    };
    if (first === undefined) return view;
    return { ...view, cover_image_url: imageUrl(parts, '600x', first), images: imagesView(parts, first) };
  }
  if (pin.sourceType.startsWith('multiple')) {
    const items = pin.pictures.map((picture) => ({
      item_type: 'image',
      title: picture.title,
      description: picture.description,
      link: picture.link,
      images: imagesView(parts, picture),
    }));
    return { media_type: 'multiple_images', items };
  }
  return first === undefined
    ? { media_type: 'image' }
    : { media_type: 'image', images: imagesView(parts, first) };
}

function imagesView(parts: ApiParts, picture: Picture): Record<string, unknown> {
  const { width, height } = picture;
  const scaled = (target: number) => Math.max(1, Math.round((height / width) * target));
  const size = (name: string, sizeWidth: number, sizeHeight: number) => ({
    width: sizeWidth,
    height: sizeHeight,
    url: imageUrl(parts, name, picture),
  });
  return {
    '150x150': size('150x150', 150, 150),
    '400x300': size('400x300', 400, 300),
    '600x': size('600x', 600, scaled(600)),
    '1200x': size('1200x', 1_200, scaled(1_200)),
    // Not in Pinterest's document, but in its responses (docs/pinterest.md#creating-a-pin).
    originals: size('originals', width, height),
  };
}

function imageUrl(parts: ApiParts, size: string, picture: Picture): string {
  return `${parts.addresses.url}/images/${size}/${picture.sha256}.jpg`;
}

/** Applies the settings for sparse and for newer responses (docs/pinterest.md#simulated-behavior, no. 26). */
function reshape(
  parts: ApiParts,
  view: Record<string, unknown>,
  required: string[],
): Record<string, unknown> {
  const { omitOptional, addUnknown } = parts.settings().answers;
  const reduced = omitOptional ? Object.fromEntries(required.map((name) => [name, view[name]])) : view;
  if (!addUnknown) return reduced;
  const future = { ...reduced, field_of_the_future: { nested: [1, 'two', null] } };
  return 'creative_type' in future ? { ...future, creative_type: 'HOLOGRAM' } : future;
}

export function prefixOf(environment: Environment): string {
  return environment === 'production' ? '/v5' : '/sandbox/v5';
}

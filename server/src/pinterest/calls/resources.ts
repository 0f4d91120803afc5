// Pinterest's resources as values. They are read leniently, because only ids are guaranteed: unknown fields and values are
// accepted, and a field of the wrong type counts as absent.
import { z } from 'zod';

export interface UserAccount {
  /** The key of an account; the user name can change. */
  id: string;
  username: string;
  accountType: string | null;
  businessName: string | null;
  profileImage: string | null;
  websiteUrl: string | null;
}

export interface Board {
  id: string;
  name: string;
  description: string | null;
  /** PUBLIC, PROTECTED, SECRET, or an undocumented value. */
  privacy: string;
  /** Another account's name on a group board; null when Pinterest does not say. */
  ownerUsername: string | null;
  collaboratorCount: number | null;
  pinCount: number | null;
  /** The board contains only Pins for ads, so posts cannot be published to it. */
  isAdsOnly: boolean;
}

export interface BoardSection {
  id: string;
  name: string;
}

export interface Pin {
  id: string;
  createdAt: Date | null;
  boardId: string | null;
  boardSectionId: string | null;
  title: string | null;
  description: string | null;
  link: string | null;
  altText: string | null;
  /** Whether the account that asked owns the Pin. */
  isOwner: boolean | null;
  isStandard: boolean | null;
  mediaKind: 'image' | 'video' | 'carousel' | 'unknown';
}

/** An id is a string of digits; a bare number is taken too (parse-json.ts has kept long ones whole). */
const id = z.union([z.string().min(1), z.number().int().transform(String)]);
const idOrNull = id.nullish().catch(null).transform(orNull);
const text = z.string().nullish().catch(null).transform(orNull);
const flag = z.boolean().nullish().catch(null).transform(orNull);
const count = z.number().int().nullish().catch(null).transform(orNull);
/** `created_at` came without a zone in a real answer (seen 2022, api-quickstart #78); by all signs it is UTC. */
const moment = text.transform(parseMoment);

export const userAccountSchema = z
  .object({
    id,
    username: text,
    account_type: text,
    business_name: text,
    profile_image: text,
    website_url: text,
  })
  .transform(
    (raw): UserAccount => ({
      id: raw.id,
      username: raw.username ?? '',
      accountType: raw.account_type,
      businessName: raw.business_name,
      profileImage: raw.profile_image,
      websiteUrl: raw.website_url,
    }),
  );

export const boardSchema = z
  .object({
    id,
    name: text,
    description: text,
    privacy: text,
    owner: z.object({ username: text }).nullish().catch(null),
    collaborator_count: count,
    pin_count: count,
    is_ads_only: flag,
  })
  .transform(
    (raw): Board => ({
      id: raw.id,
      name: raw.name ?? '',
      description: raw.description,
      privacy: raw.privacy ?? 'PUBLIC',
      ownerUsername: raw.owner?.username ?? null,
      collaboratorCount: raw.collaborator_count,
      pinCount: raw.pin_count,
      isAdsOnly: raw.is_ads_only ?? false,
    }),
  );

export const boardSectionSchema = z
  .object({ id, name: text })
  .transform((raw): BoardSection => ({ id: raw.id, name: raw.name ?? '' }));

export const pinSchema = z
  .object({
    id,
    created_at: moment,
    board_id: idOrNull,
    board_section_id: idOrNull,
    title: text,
    description: text,
    link: text,
    alt_text: text,
    is_owner: flag,
    is_standard: flag,
    creative_type: text,
    media: z.object({ media_type: text }).nullish().catch(null),
  })
  .transform(
    (raw): Pin => ({
      id: raw.id,
      createdAt: raw.created_at,
      boardId: raw.board_id,
      boardSectionId: raw.board_section_id,
      title: raw.title,
      description: raw.description,
      link: raw.link,
      altText: raw.alt_text,
      isOwner: raw.is_owner,
      isStandard: raw.is_standard,
      mediaKind: toMediaKind(raw.media?.media_type ?? null, raw.creative_type),
    }),
  );

function toMediaKind(mediaType: string | null, creativeType: string | null): Pin['mediaKind'] {
  if (mediaType === 'image') return 'image';
  if (mediaType === 'video') return 'video';
  if (mediaType?.startsWith('multiple_')) return 'carousel';
  if (creativeType === 'REGULAR') return 'image';
  if (creativeType === 'VIDEO' || creativeType === 'MAX_VIDEO') return 'video';
  if (creativeType === 'CAROUSEL') return 'carousel';
  return 'unknown';
}

function parseMoment(written: string | null): Date | null {
  if (written === null) return null;
  const hasZone = /(z|[+-]\d{2}:?\d{2})$/i.test(written);
  const milliseconds = Date.parse(hasZone ? written : `${written.replace(' ', 'T')}Z`);
  return Number.isNaN(milliseconds) ? null : new Date(milliseconds);
}

function orNull<T>(value: T | null | undefined): T | null {
  return value ?? null;
}

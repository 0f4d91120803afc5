// Checks and warnings of a post before it is published. Create, edit, schedule and validate share them, so that validate
// accepts exactly what the others accept.
import { reasons } from '../../../pinterest/index.ts';
import type { Connection } from '../../../platform/db/index.ts';
import type { Detail } from '../../../platform/errors.ts';
import type { Warning } from '../../../platform/use-case/index.ts';
import type { AccountRow } from '../../accounts/index.ts';
import type { MediaRow } from '../../media/index.ts';
import type { SpacingLook } from '../../schedule/index.ts';
import { externalIdTakenBy } from '../record/posts.errors.ts';
import { type Facts, type Place, placeKey } from './facts.ts';
import type { CheckParts } from './parts.ts';

/** The problems of boards and sections, at the fields that name them. */
export function problemsOfPlaces(
  { placeProblems }: Pick<Facts, 'placeProblems'>,
  places: readonly Place[],
): Detail[] {
  return places.flatMap((place) => {
    const problem =
      placeProblems.get(placeKey({ ...place, boardSectionId: null })) ?? placeProblems.get(placeKey(place));
    return problem ? [{ ...problem, path: `${place.at}${problem.path}` }] : [];
  });
}

interface ExternalIdOptions {
  /** The post that will have the id, and may have it already. */
  exceptPostId?: string;
  /** The prefix of the field in a refusal. */
  prefix?: string;
}

/** @throws externalIdTaken */
export function refuseTakenId(
  { takenIds }: Pick<Facts, 'takenIds'>,
  externalId: string | null | undefined,
  { exceptPostId, prefix = '' }: ExternalIdOptions = {},
): void {
  if (externalId === undefined || externalId === null) return;
  const holderId = takenIds.get(externalId);
  if (holderId !== undefined && holderId !== exceptPostId) throw externalIdTakenBy(holderId, prefix);
}

/** The check of validate that shows a warning. */
export type WarningAbout = 'account' | 'url' | 'spacing' | 'duplicate' | 'productTags';

export interface PostWarning extends Warning {
  about: WarningAbout;
}

export interface WarningInput {
  account: AccountRow;
  url: string | null;
  productTagPinIds: readonly string[];
  /** When it will be published; null if that is not known. */
  at: Date | null;
  media: MediaRow | undefined;
  /** The posts with the same destination around that time; null without a time or a URL. */
  spacing: SpacingLook | null;
  now: Date;
  exceptPostId?: string;
}

/** The spacing of a post that exists, or of fields that are only checked; null without a time or a URL. */
export async function findSpacing(
  { schedule }: Pick<CheckParts, 'schedule'>,
  connection: Connection,
  { account, url, at, exceptPostId }: Pick<WarningInput, 'account' | 'url' | 'at' | 'exceptPostId'>,
): Promise<SpacingLook | null> {
  if (url === null || at === null) return null;
  return schedule.lookAtSpacing(connection, account, {
    url,
    at,
    ...(exceptPostId !== undefined && { exceptPostId }),
  });
}

/** The same picture for the same page within a week looks like spam. */
const similarDays = 7;

/**
 * Why Pinterest would refuse every Pin of this account, whatever is in it; null when it would not.
 * @param accessLevel What Pinterest has granted the app, as the operator says.
 */
export function accessProblem(
  account: Pick<AccountRow, 'environment'>,
  accessLevel: CheckParts['accessLevel'],
): Detail | null {
  if (accessLevel === 'standard' || account.environment !== 'production') return null;
  const { message, remediation } = reasons.trial_app;
  return { path: '', code: 'trial_app', message: `${message} ${remediation}` };
}

export function isWithinSimilarDays(one: Date, other: Date): boolean {
  return Math.abs(one.getTime() - other.getTime()) <= similarDays * 24 * 3600 * 1000;
}

/** The warning that another post, or another entry of a batch, has the same picture and destination. */
export function samePicture(other: string, at: Date): Warning {
  return { code: 'same_picture', message: repeatedPin(other, 'the same', at) };
}

function repeatedPin(other: string, likeness: string, at: Date): string {
  return `${other} has ${likeness} picture and destination (${at.toISOString()}). Pinterest treats repeated Pins as spam: use another picture, or leave more time between them.`;
}

/** Warnings about content that is accepted and needs attention. */
export async function warningsFor(
  parts: Pick<CheckParts, 'media' | 'schedule'>,
  connection: Connection,
  input: WarningInput,
): Promise<PostWarning[]> {
  const { account, url, at, spacing, exceptPostId } = input;
  const except = exceptPostId === undefined ? {} : { exceptPostId };
  const warnings = [...accountWarnings(account), ...linkWarnings(url)];
  if (input.productTagPinIds.length > 0) warnings.push(productTagsNotPublished);
  if (url === null) return warnings;
  const conflict = spacing?.conflict;
  if (conflict) {
    warnings.push({
      about: 'spacing',
      code: 'too_near',
      message: `${conflict.postId} has the same destination at ${conflict.at.toISOString()}, and the account's spacing rule is ${conflict.minDays} days. Choose another time, or send "useNextOpenSlot".`,
    });
  }
  const similar =
    input.media &&
    spacing?.isUrlUsed !== false &&
    (await parts.media.findSimilarPost(connection, {
      organizationId: account.organization_id,
      accountId: account.id,
      media: input.media,
      destinationKey: parts.schedule.destinationKey(url),
      around: at ?? input.now,
      withinDays: conflict?.minDays ?? similarDays,
      ...except,
    }));
  if (similar) {
    warnings.push({
      about: 'duplicate',
      ...(similar.isSame
        ? samePicture(similar.postId, similar.at)
        : { code: 'similar_picture', message: repeatedPin(similar.postId, 'nearly the same', similar.at) }),
    });
  }
  return warnings;
}

const productTagsNotPublished: PostWarning = {
  about: 'productTags',
  code: 'product_tags_not_published',
  message:
    "Pinterest's API has no way to tag products yet: the tags are stored with the post and are not published.",
};

export function accountWarnings(account: AccountRow): PostWarning[] {
  if (account.token_authorized) return [];
  return [
    {
      about: 'account',
      code: 'account_unauthorized',
      message: `Pinterest no longer accepts the token of ${account.username}. The post is stored, and will be published after the account is connected again.`,
    },
  ];
}

/** Link shorteners. Pinterest treats links through them as spam (several schedulers report it of bit.ly). */
const shorteners = new Set([
  'bit.ly',
  'bl.ink',
  'buff.ly',
  'cutt.ly',
  'goo.gl',
  'is.gd',
  'lnkd.in',
  'ow.ly',
  'rb.gy',
  'rebrand.ly',
  's.id',
  'short.io',
  'shorturl.at',
  't.co',
  't.ly',
  'tiny.cc',
  'tinyurl.com',
  'v.gd',
]);

function linkWarnings(url: string | null): PostWarning[] {
  const host = url === null ? '' : new URL(url).hostname.replace(/^www\./, '');
  if (shorteners.has(host)) {
    return [
      {
        about: 'url',
        code: 'link_shortener',
        message: `Pinterest treats links through ${host} as spam. Use the URL that it redirects to.`,
      },
    ];
  }
  if (/(^|\.)pinterest\.[a-z.]{2,6}$/.test(host) || host === 'pin.it') {
    return [
      {
        about: 'url',
        code: 'link_to_pinterest',
        message: 'The link leads to Pinterest. A Pin should link to the page that it shows.',
      },
    ];
  }
  return [];
}

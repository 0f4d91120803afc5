// What can be known beforehand about publishing a post. Create, edit, schedule and validate all ask here, so that
// validate never says yes to what the others, or Pinterest, would refuse.

import { reasons } from '../../../pinterest/index.ts';
import type { Connection } from '../../../platform/db/index.ts';
import type { Detail } from '../../../platform/errors.ts';
import type { Warning } from '../../../platform/use-case/index.ts';
import type { AccountRow } from '../../accounts/index.ts';
import type { BoardsService } from '../../boards/index.ts';
import type { MediaRow, MediaService } from '../../media/index.ts';
import type { ScheduleService } from '../../schedule/index.ts';

export interface CheckParts {
  boards: BoardsService;
  media: Pick<MediaService, 'findSimilarPost'>;
  schedule: Pick<ScheduleService, 'lookAtSpacing' | 'destinationKey'>;
  /** What Pinterest has granted the app. */
  accessLevel: 'trial' | 'standard';
}

/** Where a post is to go, and where that was said. */
export interface Place {
  boardId: string;
  boardSectionId: string | null;
  /** What stands before the names of fields in a detail: `intervalBoards.1.`. Empty for the body itself. */
  at: string;
}

/** What is wrong with the boards and sections named; every one that is wrong. */
export async function placeProblems(
  { boards }: Pick<CheckParts, 'boards'>,
  account: AccountRow,
  places: readonly Place[],
): Promise<Detail[]> {
  const problems = await Promise.all(
    places.map(async ({ boardId, boardSectionId, at }) => {
      const board = await boards.check(account, boardId);
      const problem =
        board ??
        (boardSectionId === null ? null : await boards.checkSection(account, boardId, boardSectionId));
      return problem ? [{ ...problem, path: `${at}${problem.path}` }] : [];
    }),
  );
  return problems.flat();
}

/** What a warning is about: the check of validate in which it shows. */
export type WarningAbout = 'account' | 'url' | 'spacing' | 'duplicate' | 'productTags';

export interface PostWarning extends Warning {
  about: WarningAbout;
}

export interface WarningInput {
  account: AccountRow;
  url: string | null;
  productTagPinIds: readonly string[];
  /** When it is to go out; null where that is not settled. */
  at: Date | null;
  media: MediaRow | undefined;
  now: Date;
  exceptPostId?: string;
}

/** A day's news is seen by the same people: an equal picture to the same page within a week looks like spam. */
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

/** What is accepted and deserves attention. */
export async function warningsFor(
  parts: Pick<CheckParts, 'media' | 'schedule'>,
  connection: Connection,
  input: WarningInput,
): Promise<PostWarning[]> {
  const { account, url, at, exceptPostId } = input;
  const except = exceptPostId === undefined ? {} : { exceptPostId };
  const warnings = [...accountWarnings(account), ...linkWarnings(url)];
  if (input.productTagPinIds.length > 0) warnings.push(productTagsStayHere);
  if (url === null) return warnings;
  const spacing = at && (await parts.schedule.lookAtSpacing(connection, account, { url, at, ...except }));
  const conflict = spacing?.conflict;
  if (conflict) {
    warnings.push({
      about: 'spacing',
      code: 'too_near',
      message: `${conflict.postId} goes to the same destination on ${conflict.at.toISOString()}; the account's rule is ${conflict.minDays} days between such posts. Choose another time, or send "useNextOpenSlot".`,
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
      code: similar.isSame ? 'same_picture' : 'similar_picture',
      message: `${similar.postId} has ${similar.isSame ? 'the same' : 'nearly the same'} picture and destination (${similar.at.toISOString()}). Pinterest treats repeated Pins as spam: use another picture, or leave more time between them.`,
    });
  }
  return warnings;
}

const productTagsStayHere: PostWarning = {
  about: 'productTags',
  code: 'product_tags_not_published',
  message:
    "Pinterest's API has no way to tag products yet: the tags are kept with the post and do not reach the Pin.",
};

export function accountWarnings(account: AccountRow): PostWarning[] {
  if (account.token_authorized) return [];
  return [
    {
      about: 'account',
      code: 'account_unauthorized',
      message: `Pinterest no longer accepts the token of ${account.username}. The post is kept; it goes out after the account was connected again.`,
    },
  ];
}

/** Pinterest treats links through these as spam (reported of bit.ly by several schedulers). */
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

export function linkWarnings(url: string | null): PostWarning[] {
  const host = url === null ? '' : new URL(url).hostname.replace(/^www\./, '');
  if (shorteners.has(host)) {
    return [
      {
        about: 'url',
        code: 'link_shortener',
        message: `Pinterest treats links through ${host} as spam. Use the address that it leads to.`,
      },
    ];
  }
  if (/(^|\.)pinterest\.[a-z.]{2,6}$/.test(host) || host === 'pin.it') {
    return [
      {
        about: 'url',
        code: 'link_to_pinterest',
        message: 'The link leads to Pinterest itself. A Pin should lead to the page that it shows.',
      },
    ];
  }
  return [];
}

// Turns the body of a create into posts that only have to be written: checked by the facts, with media fetched.
import { invalidBody, type Warning } from '../../../platform/use-case/index.ts';
import type { AccountRow } from '../../accounts/index.ts';
import { type MediaRow, type MediaViewer, mediaWarnings } from '../../media/index.ts';
import type { SpacingLook } from '../../schedule/index.ts';
import type { PostContent } from '../record/content.ts';
import { noAccess } from '../record/posts.errors.ts';
import { accessProblem, problemsOfPlaces, refuseTakenId, warningsFor } from './check-post.ts';
import type { CreatePost } from './create-post.schema.ts';
import { type Facts, placesOf, type Timing, timingOf } from './facts.ts';
import { composeMedia, unknownMedia } from './media.ts';
import type { CreateParts } from './parts.ts';

/** A checked body, whose media is fetched. */
export interface PreparedPost {
  account: AccountRow;
  /** One for each board. */
  contents: PostContent[];
  timing: Timing;
  intervalDays: number;
  media: Map<string, MediaRow>;
  warnings: Warning[];
  /** The post that has the externalId already. */
  takenBy: string | undefined;
}

export interface PrepareOptions {
  /** The key that sent the body. */
  viewer: MediaViewer;
  now: Date;
  signal: AbortSignal;
  /** The posts with the same destination, if the facts are about several bodies. */
  spacing?: SpacingLook | null;
  /** Does not refuse an externalId that another post has: `takenBy` says which. */
  allowsTakenId?: boolean;
}

/**
 * Checks a body by the facts and gets its media. Writes no post.
 * @throws invalidBody, noAccess, externalIdTaken, mediaRefused: each with all problems of its kind.
 */
export async function preparePost(
  parts: CreateParts,
  facts: Facts,
  input: CreatePost,
  { viewer, now, signal, spacing = facts.spacing, allowsTakenId = false }: PrepareOptions,
): Promise<PreparedPost> {
  const { account } = facts;
  const places = placesOf(input);
  const timing = timingOf(input, now);
  const problems = [...problemsOfPlaces(facts, places), ...unknownMedia(facts.media, input)];
  if (problems.length > 0) throw invalidBody(problems);
  // A scheduled post that Pinterest would certainly refuse is refused now; a draft may be scheduled later.
  const access = timing.kind === 'none' ? null : accessProblem(account, parts.accessLevel);
  if (access) throw noAccess([access]);
  if (!allowsTakenId) refuseTakenId(facts, input.externalId);
  const { fetchFromUrl } = parts.media;
  const { content, rows } = await composeMedia({ known: facts.media, fetchFromUrl, viewer, signal }, input);
  const common = {
    title: input.title ?? null,
    description: input.description ?? null,
    url: input.url ?? null,
    destinationKey: input.url === undefined ? null : parts.schedule.destinationKey(input.url),
    altText: input.altText ?? null,
    isSimplifiedPin: input.isSimplifiedPin,
    productTagPinIds: input.productTagPinIds,
    tags: input.tags,
    externalId: input.externalId ?? null,
    ...content,
  };
  const warnings = await warningsFor(parts, parts.database.db, {
    account,
    spacing,
    url: common.url,
    productTagPinIds: common.productTagPinIds,
    at: timing.kind === 'at' ? timing.at : null,
    media: rows.get(content.mediaId),
    now,
  });
  return {
    account,
    contents: (places.length > 0 ? places : [nowhere]).map(({ boardId, boardSectionId }) => ({
      ...common,
      boardId,
      boardSectionId,
    })),
    timing,
    intervalDays: input.intervalDays ?? 0,
    media: rows,
    takenBy: facts.takenIds.get(input.externalId ?? ''),
    warnings: [
      ...[...rows.values()].flatMap(mediaWarnings),
      ...warnings.map(({ code, message }) => ({ code, message })),
    ],
  };
}

const nowhere = { boardId: null, boardSectionId: null };

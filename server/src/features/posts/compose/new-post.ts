// From the body of a create to posts that only have to be written: boards checked, media fetched, time understood.
import type { Database } from '../../../platform/db/index.ts';
import { invalidBody, type Warning } from '../../../platform/use-case/index.ts';
import type { AccountRow } from '../../accounts/index.ts';
import { type MediaRow, type MediaService, type MediaViewer, mediaWarnings } from '../../media/index.ts';
import type { ScheduleService } from '../../schedule/index.ts';
import type { PostContent } from '../record/content.ts';
import { noAccess } from '../record/posts.errors.ts';
import { accessProblem, type CheckParts, type Place, placeProblems, warningsFor } from './check-post.ts';
import type { CreatePost } from './create-post.schema.ts';
import { checkExternalId } from './external-id.ts';
import { findMedia, unknownMedia } from './media.ts';

export interface CreateParts extends CheckParts {
  database: Database;
  media: MediaService;
  schedule: ScheduleService;
}

/** When a post is to be published, as the body says. */
type Timing = { kind: 'none' } | { kind: 'at'; at: Date } | { kind: 'slot' };

/** A body that can become posts: everything that takes time is done. */
export interface PreparedPost {
  account: AccountRow;
  /** One for each board. */
  contents: PostContent[];
  timing: Timing;
  intervalDays: number;
  media: Map<string, MediaRow>;
  warnings: Warning[];
}

export interface PrepareOptions {
  /** The key that sent the body. */
  viewer: MediaViewer;
  now: Date;
  signal: AbortSignal;
  /** Whether anybody is told the warnings. */
  warns?: boolean;
  /** The posts that have the externalIds of a whole batch, where they were looked up at once. */
  takenIds?: ReadonlyMap<string, { id: string }>;
}

/**
 * Checks a body and gets its media. Writes no post.
 * @throws invalidBody, externalIdTaken, mediaRefused: with everything of their kind that is wrong.
 */
export async function preparePost(
  parts: CreateParts,
  account: AccountRow,
  input: CreatePost,
  { viewer, now, signal, warns = true, takenIds }: PrepareOptions,
): Promise<PreparedPost> {
  const { db } = parts.database;
  const places = placesOf(input);
  const timing = timingOf(input, now);
  const find = { connection: db, media: parts.media, viewer, signal };
  const problems = await Promise.all([placeProblems(parts, account, places), unknownMedia(find, input)]);
  if (problems.flat().length > 0) throw invalidBody(problems.flat());
  // What is bound to fail is not taken in; a draft may wait for better days.
  const access = timing.kind === 'none' ? null : accessProblem(account, parts.accessLevel);
  if (access) throw noAccess([access]);
  await checkExternalId(db, account, input.externalId, takenIds ? { takenIds } : {});
  const { content, rows } = await findMedia(find, input);
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
  const warnings = warns
    ? await warningsFor(parts, db, {
        account,
        url: common.url,
        productTagPinIds: common.productTagPinIds,
        at: timing.kind === 'at' ? timing.at : null,
        media: rows.get(content.mediaId),
        now,
      })
    : [];
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
    warnings: [
      ...[...rows.values()].flatMap(mediaWarnings),
      ...warnings.map(({ code, message }) => ({ code, message })),
    ],
  };
}

const nowhere = { boardId: null, boardSectionId: null };

export function placesOf(
  input: Partial<Pick<CreatePost, 'boardId' | 'boardSectionId' | 'intervalBoards'>>,
): Place[] {
  if (input.intervalBoards) {
    return input.intervalBoards.map(({ boardId, boardSectionId }, index) => ({
      boardId,
      boardSectionId: boardSectionId ?? null,
      at: `intervalBoards.${index}.`,
    }));
  }
  if (input.boardId === undefined) return [];
  return [{ boardId: input.boardId, boardSectionId: input.boardSectionId ?? null, at: '' }];
}

export function timingOf(
  input: Partial<Pick<CreatePost, 'sendAt' | 'useNextOpenSlot' | 'now'>>,
  now: Date,
): Timing {
  if (input.useNextOpenSlot) return { kind: 'slot' };
  if (input.now) return { kind: 'at', at: now };
  return input.sendAt ? { kind: 'at', at: input.sendAt } : { kind: 'none' };
}

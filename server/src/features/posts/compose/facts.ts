// The facts about what bodies name: their account, boards, media and ids of the caller. They are found out once, as a
// value; composing only reads them.
import type { Detail } from '../../../platform/errors.ts';
import type { Caller } from '../../../platform/use-case/index.ts';
import { type AccountRow, accountNotFound } from '../../accounts/index.ts';
import type { MediaRow, MediaViewer } from '../../media/index.ts';
import type { SpacingLook } from '../../schedule/index.ts';
import type { CreatePost } from './create-post.schema.ts';
import { findNamed, findTakenIds } from './facts.queries.ts';
import type { CreateParts } from './parts.ts';

/** The board and section of a post, and the field that names them. */
export interface Place {
  boardId: string;
  boardSectionId: string | null;
  /** The prefix of field names in a detail: `intervalBoards.1.`. Empty for the body itself. */
  at: string;
}

/** When a post will be published, as the body says. */
export type Timing = { kind: 'none' } | { kind: 'at'; at: Date; isNow: boolean } | { kind: 'slot' };

export interface Facts {
  account: AccountRow;
  /** The boards and sections that cannot be used, by `placeKey`, each with its problem. */
  placeProblems: ReadonlyMap<string, Detail>;
  /** The named media that the caller sees, by id. */
  media: ReadonlyMap<string, MediaRow>;
  /** The ids of the posts that have the named external ids, by external id. */
  takenIds: ReadonlyMap<string, string>;
  /** The posts around the time with the same destination; null without a time or a URL. Of several bodies see `readSpacings`. */
  spacing: SpacingLook | null;
}

/** The names in one or several bodies. */
export interface Names {
  places: readonly Place[];
  mediaIds: readonly string[];
  externalIds: readonly string[];
}

export type NamedMedia = Pick<CreatePost, 'mediaUrl' | 'mediaId' | 'mediaType' | 'carousel' | 'cover'>;

/** Returns the ids of media that a body names. */
export function mediaIdsNamed({ mediaId, carousel, cover }: NamedMedia): string[] {
  return [mediaId, cover?.mediaId, ...(carousel ?? []).map((slide) => slide.mediaId)].flatMap(
    (id) => id ?? [],
  );
}

/** Returns the places that a body names: one, several with `intervalBoards`, or none. */
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

/** Returns the time that a body names. */
export function timingOf(
  input: Partial<Pick<CreatePost, 'sendAt' | 'useNextOpenSlot' | 'now'>>,
  now: Date,
): Timing {
  if (input.useNextOpenSlot) return { kind: 'slot' };
  if (input.now) return { kind: 'at', at: now, isNow: true };
  return input.sendAt ? { kind: 'at', at: input.sendAt, isNow: false } : { kind: 'none' };
}

/** Returns everything that bodies name. */
export function namesIn(bodies: readonly Partial<CreatePost>[]): Names {
  return {
    places: bodies.flatMap(placesOf),
    mediaIds: bodies.flatMap(mediaIdsNamed),
    externalIds: bodies.flatMap(({ externalId }) => externalId ?? []),
  };
}

/** The key of a board, or of a section of a board, in `placeProblems`. */
export function placeKey({ boardId, boardSectionId }: Pick<Place, 'boardId' | 'boardSectionId'>): string {
  return boardSectionId === null ? boardId : `${boardId} ${boardSectionId}`;
}

/**
 * Returns the facts about the body of a create. One statement reads all that is in the database.
 * @throws accountNotFound; Outage when a board is unknown and Pinterest does not answer
 */
export async function findFactsOfCreate(
  parts: CreateParts,
  caller: Caller,
  accountId: string,
  { body, now }: { body: CreatePost; now: Date },
): Promise<Facts> {
  const { db } = parts.database;
  const names = namesIn([body]);
  const timing = timingOf(body, now);
  const visit =
    timing.kind === 'at' && body.url !== undefined
      ? { destinationKey: parts.schedule.destinationKey(body.url), at: timing.at }
      : null;
  const boardIds = names.places.map(({ boardId }) => boardId);
  const named = await findNamed(db, caller, accountId, { ...names, boardIds, visit });
  if (!named) throw accountNotFound();
  const { account, storedBoardIds, media, takenIds, spacing } = named;
  const placeProblems = await findPlaceProblems(parts, account, names.places, storedBoardIds);
  return { account, placeProblems, media, takenIds, spacing };
}

/**
 * Returns the facts about several bodies, which often name the same boards and media: each is read once.
 * @throws Outage when a board is unknown and Pinterest does not answer
 */
export async function findFacts(
  parts: CreateParts,
  account: AccountRow,
  viewer: MediaViewer,
  names: Names,
): Promise<Facts> {
  const { db } = parts.database;
  const [media, takenIds, placeProblems] = await Promise.all([
    parts.media.findMany(db, viewer, names.mediaIds),
    findTakenIds(db, account.id, names.externalIds),
    findPlaceProblems(parts, account, names.places),
  ]);
  return { account, placeProblems, media, takenIds, spacing: null };
}

/**
 * Returns the boards and sections that cannot be used, by `placeKey`, each with its problem.
 * @param storedIds The named boards that the stored list has, if the caller has read them.
 */
export async function findPlaceProblems(
  { boards }: Pick<CreateParts, 'boards'>,
  account: AccountRow,
  places: readonly Place[],
  storedIds?: ReadonlySet<string>,
): Promise<Map<string, Detail>> {
  if (places.length === 0) return new Map();
  const boardIds = [...new Set(places.map(({ boardId }) => boardId))];
  // The id is used as the path, so that each problem can be assigned to its board.
  const named = boardIds.map((boardId) => ({ boardId, path: boardId }));
  const boardProblems = await boards.checkAll(account, named, storedIds);
  const problems = new Map(boardProblems.map((problem) => [problem.path, { ...problem, path: 'boardId' }]));
  const sections = new Map(places.map((place) => [placeKey(place), place]));
  await Promise.all(
    [...sections].map(async ([key, { boardId, boardSectionId }]) => {
      if (boardSectionId === null || problems.has(boardId)) return;
      const problem = await boards.checkSection(account, boardId, boardSectionId);
      if (problem) problems.set(key, problem);
    }),
  );
  return problems;
}

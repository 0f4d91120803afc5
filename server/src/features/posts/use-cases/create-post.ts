// The use case of creating posts: check, fetch the media, take a place in the schedule, write. Single creates and
// batches go the same way.
import { Temporal } from 'temporal-polyfill';
import { newId } from '../../../domain/ids.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Connection, Database, Tx } from '../../../platform/db/index.ts';
import { type Actor, invalidBody, type Warning } from '../../../platform/use-case/index.ts';
import type { AccountRow } from '../../accounts/index.ts';
import { type MediaRow, type MediaService, type MediaViewer, mediaWarnings } from '../../media/index.ts';
import type { ScheduleService } from '../../schedule/index.ts';
import {
  accessProblem,
  type CheckParts,
  type Place,
  placeProblems,
  warningsFor,
} from '../compose/check-post.ts';
import type { CreatePost } from '../compose/create-post.schema.ts';
import { findMedia, unknownMedia } from '../compose/media.ts';
import { createPosts, type NewPost, type PostContent } from '../record/content.ts';
import { externalIdTaken, noAccess, refuseGone } from '../record/posts.errors.ts';
import { findPostsByExternalId, isExternalIdViolation, type PostRow } from '../record/posts.queries.ts';

export interface CreateParts extends CheckParts {
  database: Database;
  clock: Clock;
  media: MediaService;
  schedule: ScheduleService;
}

type Timing = { kind: 'draft' } | { kind: 'at'; at: Date } | { kind: 'slot' };

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
  { viewer, signal, warns = true, takenIds }: PrepareOptions,
): Promise<PreparedPost> {
  const { db } = parts.database;
  const now = parts.clock.now();
  const places = placesOf(input);
  const timing = timingOf(input, now);
  const find = { connection: db, media: parts.media, viewer, signal };
  const problems = await Promise.all([placeProblems(parts, account, places), unknownMedia(find, input)]);
  if (problems.flat().length > 0) throw invalidBody(problems.flat());
  // What is bound to fail is not taken in; a draft may wait for better days.
  const access = timing.kind === 'draft' ? null : accessProblem(account, parts.accessLevel);
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
  return input.sendAt ? { kind: 'at', at: input.sendAt } : { kind: 'draft' };
}

interface CheckExternalId extends Pick<PrepareOptions, 'takenIds'> {
  /** The post that is to have it, and may have it already. */
  exceptPostId?: string;
  /** What stands before the name of the field in a refusal. */
  prefix?: string;
}

/** @throws externalIdTaken */
export async function checkExternalId(
  connection: Connection,
  account: AccountRow,
  externalId: string | null | undefined,
  { exceptPostId, prefix = '', takenIds }: CheckExternalId = {},
): Promise<void> {
  if (externalId === undefined || externalId === null) return;
  const taken = takenIds ?? (await findPostsByExternalId(connection, account.id, [externalId]));
  const other = taken.get(externalId);
  if (!other || other.id === exceptPostId) return;
  throw externalIdTakenBy(`${other.id} has`, prefix);
}

function externalIdTakenBy(who: string, prefix = '') {
  return externalIdTaken([
    { path: `${prefix}externalId`, code: 'external_id_taken', message: `${who} it already.` },
  ]);
}

/** The writing of posts, of which one may have an externalId that another post took a moment ago. */
export async function refusingTakenIds<T>(write: () => Promise<T>, prefix = ''): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isExternalIdViolation(error)) throw error;
    throw externalIdTakenBy('Another post has', prefix);
  }
}

/**
 * Writes what was prepared, all of one account, in the order given; slots are claimed on the way. Gives for each its
 * posts.
 * @throws externalIdTaken when someone was faster; what createPosts and claiming a slot throw.
 */
export async function writePosts(
  parts: Pick<CreateParts, 'clock' | 'schedule'>,
  tx: Tx,
  prepared: readonly PreparedPost[],
  actor: Actor,
): Promise<PostRow[][]> {
  const now = parts.clock.now();
  const written = new Map<string, PostRow>();
  const order: string[][] = [];
  let waiting: NewPost[] = [];
  const write = async () => {
    const posts = waiting;
    waiting = [];
    const rows = await refusingTakenIds(() => createPosts(tx, posts, { actor, now }));
    for (const row of rows) written.set(row.id, row);
  };
  for (const { account, contents, timing, intervalDays } of prepared) {
    const ids: string[] = [];
    let last: Date | null = null;
    for (const [index, content] of contents.entries()) {
      let sendAt: Date | null = null;
      if (timing.kind === 'slot') {
        // The claim must see the posts before this one.
        await write();
        sendAt = await parts.schedule.claimNextOpenSlot(tx, account, {
          url: content.url,
          now,
          ...(last && { notBefore: addDays(last, intervalDays, account.timezone) }),
        });
      } else if (timing.kind === 'at') {
        sendAt = addDays(timing.at, index * intervalDays, account.timezone);
      }
      last = sendAt;
      const id = newId('post');
      waiting.push({
        ...content,
        id,
        organizationId: account.organization_id,
        accountId: account.id,
        sendAt,
      });
      ids.push(id);
    }
    order.push(ids);
  }
  await write();
  return order.map((ids) => ids.flatMap((id) => written.get(id) ?? []));
}

/**
 * Between the look at the media and now somebody may have deleted one.
 * @throws mediaGone
 */
export async function holdAll(
  media: Pick<MediaService, 'hold'>,
  tx: Tx,
  account: AccountRow,
  ids: readonly string[],
): Promise<void> {
  const held = await media.hold(tx, account.organization_id, ids);
  refuseGone(ids, new Set(held.keys()));
}

/** Days by the calendar of the account's zone: nine o'clock stays nine o'clock when the clocks change. */
function addDays(at: Date, days: number, timezone: string): Date {
  if (days === 0) return at;
  const local = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timezone);
  return new Date(local.add({ days }).epochMilliseconds);
}

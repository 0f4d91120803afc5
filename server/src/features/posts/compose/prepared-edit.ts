// Turns an edit of a post into content that only has to be written.
import { isDraft } from '../../../domain/post-states.ts';
import type { Tx } from '../../../platform/db/index.ts';
import { invalidBody, type Stamp } from '../../../platform/use-case/index.ts';
import type { AccountRow } from '../../accounts/index.ts';
import type { MediaViewer } from '../../media/index.ts';
import { mediaIdsOfRow, writeEdit } from '../record/content.ts';
import { missingToSchedule } from '../record/fields.ts';
import { postChanged, refusingTakenIds } from '../record/posts.errors.ts';
import type { PostRow } from '../record/posts.queries.ts';
import { problemsOfPlaces, refuseTakenId } from './check-post.ts';
import type { EditPost } from './edit-post.schema.ts';
import { contentAfter, type EditWithMedia, namesMedia } from './edited-content.ts';
import { type Facts, mediaIdsNamed, type Names, type Place } from './facts.ts';
import {
  checkFrame,
  composeCover,
  composeMedia,
  coverOfPicture,
  lockNamedMedia,
  unknownMedia,
} from './media.ts';
import type { CreateParts } from './parts.ts';

/** A checked edit, whose media is fetched. */
export interface PreparedEdit extends EditWithMedia {
  /** The post that was checked. */
  checked: PostRow;
  /** The prefix of field names in a refusal: `posts.3.`. Empty for a body of its own. */
  prefix: string;
}

export interface PrepareEdit {
  viewer: MediaViewer;
  post: PostRow;
  edit: EditPost;
  prefix: string;
  signal: AbortSignal;
}

/** The names in an edit, together with those that its checks need. */
export function namesInEdit(post: PostRow, edit: EditPost): Names {
  return {
    places: placesAfter(post, edit, ''),
    mediaIds: [...mediaIdsNamed(namedMedia(edit)), ...(edit.cover ? [post.media_id] : [])],
    externalIds: edit.externalId ? [edit.externalId] : [],
  };
}

/** @throws invalidBody, externalIdTaken, mediaRefused */
export async function prepareEdit(
  parts: CreateParts,
  facts: Facts,
  { viewer, post, edit, prefix, signal }: PrepareEdit,
): Promise<PreparedEdit> {
  refuseSectionWithoutBoard(post, edit, prefix);
  const named = namedMedia(edit);
  const problems = [
    ...problemsOfPlaces(facts, placesAfter(post, edit, prefix)),
    ...unknownMedia(facts.media, named, prefix),
  ];
  if (problems.length > 0) throw invalidBody(problems);
  refuseTakenId(facts, edit.externalId, { exceptPostId: post.id, prefix });
  const find = { known: facts.media, fetchFromUrl: parts.media.fetchFromUrl, viewer, prefix, signal };
  const prepared = { checked: post, edit, prefix, media: null, cover: null };
  const isMediaNamed = Boolean(edit.mediaUrl ?? edit.mediaId ?? edit.carousel);
  if (isMediaNamed) return { ...prepared, media: await composeMedia(find, named) };
  if (!named.cover) return prepared;
  if (post.media_type !== 'video') throw coverOfPicture(prefix);
  const video = facts.media.get(post.media_id);
  if (video) checkFrame(video, named.cover, prefix);
  return { ...prepared, cover: await composeCover(find, named.cover) };
}

function namedMedia(edit: EditPost) {
  return { ...edit, carousel: edit.carousel ?? undefined, cover: edit.cover ?? undefined };
}

function boardAfter(post: PostRow, edit: EditPost): string | null {
  return edit.boardId === undefined ? post.board_id : edit.boardId;
}

function refuseSectionWithoutBoard(post: PostRow, edit: EditPost, prefix: string): void {
  if (!edit.boardSectionId || boardAfter(post, edit) !== null) return;
  const message = 'The post has no board. Send its boardId.';
  throw invalidBody([{ path: `${prefix}boardSectionId`, code: 'needs_board', message }]);
}

/** The place that the edit names; none where the edit leaves it unchanged. */
function placesAfter(post: PostRow, edit: EditPost, at: string): Place[] {
  const boardId = boardAfter(post, edit);
  if (boardId === null || (!edit.boardId && !edit.boardSectionId)) return [];
  const sectionBefore = boardId === post.board_id ? post.board_section_id : null;
  return [
    { boardId, boardSectionId: edit.boardSectionId === undefined ? sectionBefore : edit.boardSectionId, at },
  ];
}

/**
 * Writes a prepared edit.
 * @throws postCannot, postChanged also when the post is no longer as it was checked, invalidBody where a post that is
 *   not a draft would lose a field that it needs, externalIdTaken
 */
export async function applyEdit(
  { schedule }: Pick<CreateParts, 'schedule'>,
  tx: Tx,
  post: PostRow,
  prepared: PreparedEdit,
  stamp: Stamp,
): Promise<PostRow> {
  const { checked, prefix } = prepared;
  // The section was checked on that board, and the cover was chosen for that video.
  if (post.board_id !== checked.board_id || post.media_id !== checked.media_id) throw postChanged();
  const content = contentAfter(post, prepared, (url) => schedule.destinationKey(url));
  const missing = isDraft(post) ? [] : missingToSchedule(content);
  if (missing.length > 0) {
    throw invalidBody(
      missing.map((name) => ({
        path: `${prefix}${name}`,
        code: 'required',
        message: `A ${post.status} post needs it. Unschedule the post first, or send another value.`,
      })),
    );
  }
  return refusingTakenIds(() => writeEdit(tx, post, content, stamp), prefix);
}

/**
 * Locks the media that edits begin to use, so that none is deleted before the edits are written. Media that an edit
 * removes from its post stay visible to the key, because undoing the edit names them again.
 * @throws mediaGone
 */
export async function lockEditedMedia(
  { media }: Pick<CreateParts, 'media'>,
  tx: Tx,
  account: AccountRow,
  { viewer, edits }: { viewer: MediaViewer; edits: readonly PreparedEdit[] },
): Promise<void> {
  const ids = edits.flatMap(({ media: named, cover }) => [
    ...(named?.rows.keys() ?? []),
    cover?.row?.id ?? [],
  ]);
  await lockNamedMedia(media, tx, account, ids.flat());
  const withOtherMedia = edits.filter(({ edit }) => namesMedia(edit));
  const replaced = withOtherMedia.flatMap(({ checked }) => mediaIdsOfRow(checked));
  await media.keepInSight(tx, viewer, replaced);
}

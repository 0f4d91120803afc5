// From an edit of a post to contents that only have to be written: boards checked, media fetched.
import { isDraft } from '../../../domain/post-states.ts';
import type { Tx } from '../../../platform/db/index.ts';
import { invalidBody, type Stamp } from '../../../platform/use-case/index.ts';
import type { AccountRow } from '../../accounts/index.ts';
import type { MediaViewer } from '../../media/index.ts';
import { mediaIdsOfRow, editPost as writeEdit } from '../record/content.ts';
import { missingToSchedule } from '../record/fields.ts';
import { postChanged } from '../record/posts.errors.ts';
import type { PostRow } from '../record/posts.queries.ts';
import { type Place, placeProblems } from './check-post.ts';
import type { EditPost } from './edit-post.schema.ts';
import { contentAfter, type FoundEdit } from './edited-content.ts';
import { checkExternalId, refusingTakenIds } from './external-id.ts';
import {
  checkFrame,
  coverOfPicture,
  findCover,
  findMedia,
  lockNamedMedia,
  readingOnce,
  unknownMedia,
} from './media.ts';
import type { CreateParts } from './new-post.ts';

/** An edit of which everything that takes time is done. */
export interface PreparedEdit extends FoundEdit {
  /** The post that was checked. */
  checked: PostRow;
  /** The prefix of field names in a refusal: `posts.3.`. Empty for a body of its own. */
  prefix: string;
}

export interface PrepareEdit {
  viewer: MediaViewer;
  account: AccountRow;
  post: PostRow;
  edit: EditPost;
  prefix: string;
  signal: AbortSignal;
}

/** @throws invalidBody, externalIdTaken, mediaRefused */
export async function prepareEdit(
  parts: CreateParts,
  { viewer, account, post, edit, prefix, signal }: PrepareEdit,
): Promise<PreparedEdit> {
  const { db } = parts.database;
  const find = { connection: db, media: readingOnce(parts.media), viewer, prefix, signal };
  const named = { ...edit, carousel: edit.carousel ?? undefined, cover: edit.cover ?? undefined };
  const problems = await Promise.all([
    placeProblems(parts, account, placesAfter(post, edit, prefix)),
    unknownMedia(find, named),
  ]);
  if (problems.flat().length > 0) throw invalidBody(problems.flat());
  await checkExternalId(db, account, edit.externalId, { exceptPostId: post.id, prefix });
  const prepared = { checked: post, edit, prefix, media: null, cover: null };
  const isMediaNamed = Boolean(edit.mediaUrl ?? edit.mediaId ?? edit.carousel);
  if (isMediaNamed) return { ...prepared, media: await findMedia(find, named) };
  if (!named.cover) return prepared;
  if (post.media_type !== 'video') throw coverOfPicture(prefix);
  const video = await parts.media.find(db, viewer, post.media_id);
  if (video) checkFrame(video, named.cover, prefix);
  return { ...prepared, cover: await findCover(find, named.cover) };
}

/** The place that the edit asks for; none where the edit leaves it unchanged. */
function placesAfter(post: PostRow, edit: EditPost, at: string): Place[] {
  const boardId = edit.boardId === undefined ? post.board_id : edit.boardId;
  if (!edit.boardId && !edit.boardSectionId) return [];
  if (boardId === null) {
    const message = 'The post has no board. Send its boardId.';
    throw invalidBody([{ path: `${at}boardSectionId`, code: 'needs_board', message }]);
  }
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
  const withOtherMedia = edits.filter(({ edit }) =>
    ['mediaUrl', 'mediaId', 'carousel', 'cover'].some((name) => name in edit),
  );
  const replaced = withOtherMedia.flatMap(({ checked }) => mediaIdsOfRow(checked));
  await media.keepInSight(tx, viewer, replaced);
}

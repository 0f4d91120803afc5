// The use cases of editing: one post, or many at once, all or none.

import { isId } from '../../../domain/ids.ts';
import type { Tx } from '../../../platform/db/index.ts';
import { type Detail, Refusal } from '../../../platform/errors.ts';
import {
  type Actor,
  type Caller,
  type Commit,
  invalidBody,
  type Warning,
} from '../../../platform/use-case/index.ts';
import type { AccountRow } from '../../accounts/index.ts';
import type { MediaRow, MediaViewer } from '../../media/index.ts';
import { asOne } from '../compose/all-or-refuse.ts';
import { placeProblems, warningsFor } from '../compose/check-post.ts';
import type { EditPost, EditPosts, PreviousFields } from '../compose/edit-post.schema.ts';
import { contentAfter, type FoundEdit, previousOf } from '../compose/edited-content.ts';
import {
  checkFrame,
  coverOfPicture,
  findCover,
  findMedia,
  readingOnce,
  unknownMedia,
} from '../compose/media.ts';
import { mediaIdsOf } from '../read/posts.schema.ts';
import { checkVersion, createAnswers } from '../read/views.ts';
import { editPost } from '../record/content.ts';
import { missingToSchedule } from '../record/fields.ts';
import { externalIdTaken, postChanged, postNotFound } from '../record/posts.errors.ts';
import { findPosts, type PostPath, type PostRow } from '../record/posts.queries.ts';
import { checkExternalId, holdAll, refusingTakenIds } from './create-post.ts';
import type { Change, PostsParts, PostsService } from './posts.service.ts';

/** An edit of which everything that takes time is done. */
interface PreparedEdit extends FoundEdit {
  /** The post as it was looked at. */
  before: PostRow;
  /** What stands before the names of fields in a refusal. */
  prefix: string;
}

/** How many entries of a bulk edit fetch their media at a time. */
const fetchesAtOnce = 4;

export type EditService = ReturnType<typeof createEditing>;

export function createEditing(parts: PostsParts & Pick<PostsService, 'getPost'>) {
  const { database, clock, accounts, getPost } = parts;
  const answers = createAnswers(parts);

  async function prepare(
    viewer: MediaViewer,
    account: AccountRow,
    post: PostRow,
    edit: EditPost,
    { prefix, signal }: { prefix: string; signal: AbortSignal },
  ): Promise<PreparedEdit> {
    const find = {
      connection: database.db,
      media: readingOnce(parts.media),
      viewer,
      prefix,
      signal,
    };
    const named = { ...edit, carousel: edit.carousel ?? undefined, cover: edit.cover ?? undefined };
    const problems = await Promise.all([
      placeProblems(parts, account, placesOf(post, edit, prefix)),
      unknownMedia(find, named),
    ]);
    if (problems.flat().length > 0) throw invalidBody(problems.flat());
    await checkExternalId(database.db, account, edit.externalId, { exceptPostId: post.id, prefix });
    const isMediaNamed = Boolean(edit.mediaUrl ?? edit.mediaId ?? edit.carousel);
    if (isMediaNamed) return { before: post, edit, prefix, media: await findMedia(find, named), cover: null };
    if (!named.cover) return { before: post, edit, prefix, media: null, cover: null };
    if (post.media_type !== 'video') throw coverOfPicture(prefix);
    const video = await parts.media.find(database.db, viewer, post.media_id);
    if (video) checkFrame(video, named.cover, prefix);
    return { before: post, edit, prefix, media: null, cover: await findCover(find, named.cover) };
  }

  /**
   * @throws what editPost does, postChanged when what was checked is no longer so, invalidBody where a post that is
   * no draft would lose what it needs.
   */
  async function apply(tx: Tx, post: PostRow, prepared: PreparedEdit, actor: Actor) {
    const { before, prefix } = prepared;
    // The section was looked for on that board, and the cover was chosen for that video.
    if (post.board_id !== before.board_id || post.media_id !== before.media_id) throw postChanged();
    const content = contentAfter(post, prepared, (url) => parts.schedule.destinationKey(url));
    const missing = post.state === 'draft' ? [] : missingToSchedule(content);
    if (missing.length > 0) {
      throw invalidBody(
        missing.map((name) => ({
          path: `${prefix}${name}`,
          code: 'required',
          message: `A ${post.status} post needs it. Unschedule the post first, or send another value.`,
        })),
      );
    }
    return refusingTakenIds(() => editPost(tx, post, content, { actor, now: clock.now() }), prefix);
  }

  /** Media that an edit begins to use cannot be deleted until it is written. */
  async function holdNamed(tx: Tx, account: AccountRow, edits: readonly PreparedEdit[]): Promise<void> {
    const ids = edits.flatMap(({ media, cover }) => [...(media?.rows.keys() ?? []), cover?.row?.id ?? []]);
    await holdAll(parts.media, tx, account, ids.flat());
  }

  /** Media that an edit removes from its post can be named again to undo the edit, even when no post uses them. */
  async function keepReplaced(tx: Tx, viewer: MediaViewer, edits: readonly PreparedEdit[]): Promise<void> {
    const changed = edits.filter(({ edit }) =>
      ['mediaUrl', 'mediaId', 'carousel', 'cover'].some((name) => name in edit),
    );
    await parts.media.keepInSight(
      tx,
      viewer,
      changed.flatMap(({ before }) => mediaIdsOf(before)),
    );
  }

  /** @throws with what is wrong of all of them. */
  async function prepareAll(
    viewer: MediaViewer,
    account: AccountRow,
    before: ReadonlyMap<string, PostRow>,
    input: EditPosts,
    signal: AbortSignal,
  ): Promise<PreparedEdit[]> {
    const prepared: PreparedEdit[] = [];
    const errors: unknown[] = [];
    for (let from = 0; from < input.posts.length; from += fetchesAtOnce) {
      const some = input.posts.slice(from, from + fetchesAtOnce).map(async ({ id, ...edit }, index) => {
        const post = before.get(id);
        if (!post) throw postNotFound();
        return prepare(viewer, account, post, edit, { prefix: `posts.${from + index}.`, signal });
      });
      for (const result of await Promise.allSettled(some)) {
        if (result.status === 'fulfilled') prepared.push(result.value);
        else errors.push(result.reason);
      }
    }
    if (errors.length > 0) throw asOne(errors);
    return prepared;
  }

  async function warningsAfter(
    account: AccountRow,
    post: PostRow,
    media: MediaRow | undefined,
  ): Promise<Warning[]> {
    const warnings = await warningsFor(parts, database.db, {
      account,
      url: post.url,
      productTagPinIds: post.product_tag_pin_ids,
      at: post.send_at,
      media,
      now: clock.now(),
      exceptPostId: post.id,
    });
    return warnings.map(({ code, message }) => ({ code, message }));
  }

  return {
    async edit(
      caller: Caller,
      path: PostPath,
      edit: EditPost,
      { commit, ifMatch, signal }: Change & { signal: AbortSignal },
    ) {
      const account = await accounts.get(database.db, caller, path.accountId);
      const before = await getPost(database.db, caller, path);
      const prepared = await prepare(caller, account, before, edit, { prefix: '', signal });
      const newMedia = prepared.media?.rows.get(prepared.media.content.mediaId);
      return commit(async (tx) => {
        const post = await getPost(tx, caller, path);
        checkVersion(post, ifMatch);
        await holdNamed(tx, account, [prepared]);
        await keepReplaced(tx, caller, [prepared]);
        const edited = await apply(tx, post, prepared, caller.actor);
        const one = await answers.one(tx, caller.organizationId, edited);
        return { ...one, warnings: await warningsAfter(account, edited, newMedia) };
      });
    },

    /** All or none; says what the changed fields were, so that it can be undone. */
    async editMany(
      caller: Caller,
      accountId: string,
      input: EditPosts,
      { commit, signal }: { commit: Commit; signal: AbortSignal },
    ) {
      const account = await accounts.get(database.db, caller, accountId);
      const ids = input.posts.map((edit) => edit.id).filter((id) => isId('post', id));
      const before = await findPosts(database.db, caller, { accountId, postIds: ids });
      const unknown = input.posts.flatMap((edit, index): Detail[] =>
        before.has(edit.id) ? [] : [postIsGone({ prefix: `posts.${index}.` })],
      );
      if (unknown.length > 0) throw postNotFound(unknown);
      const prepared = await prepareAll(caller, account, before, input, signal);
      const change = async (tx: Tx) => {
        await accounts.get(tx, caller, accountId);
        await holdNamed(tx, account, prepared);
        await keepReplaced(tx, caller, prepared);
        // Locked, so that each is still what the check of the one before it saw.
        const rows = await findPosts(tx, caller, { accountId, postIds: ids, lock: true });
        const previous: PreviousFields[] = [];
        const posts = await eachOrRefuse(prepared, async (one) => {
          const post = rows.get(one.before.id);
          if (!post) throw postNotFound([postIsGone(one)]);
          previous.push(previousOf(post, one.edit));
          return apply(tx, post, one, caller.actor);
        });
        const views = await answers.views(tx, caller.organizationId, posts);
        return { data: { posts: views, previous, dryRun: input.dryRun } };
      };
      if (!input.dryRun) return commit(change);
      return database
        .transaction(async (tx) => {
          throw new DryRun(await change(tx));
        })
        .catch((error: unknown) => {
          if (error instanceof DryRun) return error.answer as Awaited<ReturnType<typeof change>>;
          throw error;
        });
    },
  };
}

function postIsGone({ prefix }: Pick<PreparedEdit, 'prefix'>): Detail {
  return { path: `${prefix}id`, code: 'post_not_found', message: 'The account has no such post.' };
}

/** One after the other; the first refusal that the database had no part in does not hide those of the others. */
async function eachOrRefuse<T, Result>(
  all: readonly T[],
  work: (one: T) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const errors: Refusal[] = [];
  for (const one of all) {
    try {
      results.push(await work(one));
    } catch (error) {
      // After this one the transaction takes no more statements.
      if (!(error instanceof Refusal) || error.declaration === externalIdTaken.declaration) throw error;
      errors.push(error);
    }
  }
  if (errors.length > 0) throw asOne(errors);
  return results;
}

/** Takes back everything that a dry run wrote, and carries its answer out. */
class DryRun extends Error {
  readonly answer: unknown;
  constructor(answer: unknown) {
    super('a dry run is rolled back');
    this.answer = answer;
  }
}

function placesOf(post: PostRow, edit: EditPost, at: string) {
  const boardId = edit.boardId === undefined ? post.board_id : edit.boardId;
  // What is not touched is not asked about again.
  if (!edit.boardId && !edit.boardSectionId) return [];
  if (boardId === null) {
    throw invalidBody([
      {
        path: `${at}boardSectionId`,
        code: 'needs_board',
        message: 'The post has no board. Send its boardId.',
      },
    ]);
  }
  const kept = boardId === post.board_id ? post.board_section_id : null;
  return [{ boardId, boardSectionId: edit.boardSectionId === undefined ? kept : edit.boardSectionId, at }];
}

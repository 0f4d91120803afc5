// Use cases of posts: rule, transaction, move. No HTTP, no SQL. Editing, validating and batches have files of
// their own.

import { isId } from '../../../domain/ids.ts';
import type { Connection, Database } from '../../../platform/db/index.ts';
import { type Caller, type Commit, invalidBody } from '../../../platform/use-case/index.ts';
import type { AccountsService } from '../../accounts/index.ts';
import { lockLane, lowerWake } from '../../lanes/index.ts';
import { accessProblem, accountWarnings, placeProblems } from '../compose/check-post.ts';
import type { CreatePost, SchedulePost } from '../compose/create-post.schema.ts';
import { lookUp } from '../compose/facts.ts';
import { listPosts } from '../read/list-posts.queries.ts';
import { decodeCursor, encodeCursor } from '../read/page-cursor.ts';
import type { ListPosts } from '../read/posts.schema.ts';
import { listPostEvents } from '../read/timeline.queries.ts';
import { timelineEventsMax, toTimelineEvent } from '../read/timeline.schema.ts';
import { type AnswerParts, type Answers, checkVersion, createAnswers } from '../read/views.ts';
import { deletePost } from '../record/content.ts';
import { missingToSchedule, requiredToSchedule } from '../record/fields.ts';
import { movePost, type Step } from '../record/move.ts';
import { noAccess, pinTaken, postChanged, postNotFound } from '../record/posts.errors.ts';
import { findPost, findPostOfPin, type PostPath, type PostRow } from '../record/posts.queries.ts';
import { type CreateParts, preparePost, timingOf, writePosts } from './create-post.ts';
import type { ResolvePost } from './resolve-post.schema.ts';

export interface PostsParts extends CreateParts, AnswerParts {
  database: Database;
  accounts: AccountsService;
  media: CreateParts['media'];
}

export type PostsService = ReturnType<typeof createPostsService>;

/** A change of one post, as its route was asked for it. */
export interface Change {
  commit: Commit;
  /** The version that the caller knows. */
  ifMatch: string | undefined;
}

export function createPostsService(parts: PostsParts) {
  const { database, clock, accounts } = parts;
  const answers: Answers = createAnswers(parts);

  /** The post, or the same refusal for one that is not there, deleted, or not the caller's to see. */
  async function getPost(connection: Connection, caller: Caller, path: PostPath): Promise<PostRow> {
    await accounts.get(connection, caller, path.accountId);
    const post = isId('post', path.postId) ? await findPost(connection, caller, path) : undefined;
    if (!post) throw postNotFound();
    return post;
  }

  const answer = (connection: Connection, caller: Caller, post: PostRow) =>
    answers.one(connection, caller.organizationId, post);

  async function checkPinIsFree(connection: Connection, post: PostRow, pinId: string): Promise<void> {
    const other = await findPostOfPin(connection, post.account_id, pinId);
    if (!other || other.id === post.id) return;
    throw pinTaken([{ path: 'pinId', code: 'pin_taken', message: `The Pin belongs to ${other.id}.` }]);
  }

  return {
    getPost,

    /** Nothing is stored unless everything is right, the media included. */
    async create(
      caller: Caller,
      accountId: string,
      input: CreatePost,
      { commit, signal }: { commit: Commit; signal: AbortSignal },
    ) {
      const { account, knowing } = await lookUp(parts, caller, accountId, input);
      const prepared = await preparePost(knowing, account, input, { viewer: caller, signal });
      return commit(async (tx) => {
        const [rows = []] = await writePosts(parts, tx, [prepared], caller.actor);
        const [first] = rows;
        if (!first) throw new Error('one body makes at least one post');
        const { warnings } = prepared;
        const one = await answers.one(tx, caller.organizationId, first, prepared.media);
        if (!input.intervalBoards) return { ...one, warnings };
        const posts = await answers.views(tx, caller.organizationId, rows, prepared.media);
        return { data: { ...one.data, posts }, warnings };
      });
    },

    async get(caller: Caller, path: PostPath) {
      return answer(database.db, caller, await getPost(database.db, caller, path));
    },

    async timeline(caller: Caller, path: PostPath) {
      const post = await getPost(database.db, caller, path);
      const rows = await listPostEvents(database.db, post, timelineEventsMax);
      return { events: rows.map(toTimelineEvent) };
    },

    async list(caller: Caller, accountId: string, query: ListPosts) {
      const account = await accounts.get(database.db, caller, accountId);
      const rows = await listPosts(database.db, {
        organizationId: caller.organizationId,
        accountId: account.id,
        status: query.status,
        from: query.startDate,
        until: query.endDate,
        now: clock.now(),
        boardId: query.boardId,
        tag: query.tag,
        externalId: query.externalId,
        q: query.q,
        after: query.cursor === undefined ? undefined : decodeCursor(query.status, query.cursor),
        // One more than asked for tells whether there is another page.
        limit: query.limit + 1,
      });
      const page = rows.slice(0, query.limit);
      const last = rows.length > query.limit ? page.at(-1) : undefined;
      return {
        posts: await answers.views(database.db, caller.organizationId, page),
        cursor: last ? encodeCursor(query.status, { listedAt: last.listed_at, id: last.id }) : null,
      };
    },

    async schedule(caller: Caller, path: PostPath, input: SchedulePost, { commit, ifMatch }: Change) {
      const account = await accounts.get(database.db, caller, path.accountId);
      const before = await getPost(database.db, caller, path);
      const boardId = input.boardId ?? before.board_id;
      const missing = missingToSchedule({ ...before, boardId });
      if (boardId === null || missing.length > 0) {
        throw invalidBody(
          missing.map((name) => ({ path: name, code: 'required', message: requiredToSchedule })),
        );
      }
      const boardSectionId = boardId === before.board_id ? before.board_section_id : null;
      // Asking Pinterest may take a while: not inside the transaction.
      const problems = await placeProblems(parts, account, [{ boardId, boardSectionId, at: '' }]);
      if (problems.length > 0) throw invalidBody(problems);
      const access = accessProblem(account, parts.accessLevel);
      if (access) throw noAccess([access]);
      return commit(async (tx) => {
        const post = await getPost(tx, caller, path);
        checkVersion(post, ifMatch);
        // Everything above was asked of the post as it was.
        if (post.board_id !== before.board_id || missingToSchedule({ ...post, boardId }).length > 0) {
          throw postChanged();
        }
        const now = clock.now();
        const timing = timingOf(input, now);
        const sendAt =
          timing.kind === 'at'
            ? timing.at
            : await parts.schedule.claimNextOpenSlot(tx, account, {
                url: post.url,
                now,
                exceptPostId: post.id,
              });
        const moved = await movePost(
          tx,
          post,
          { move: 'schedule', sendAt, boardId },
          { actor: caller.actor, now },
        );
        return {
          ...(await answer(tx, caller, moved)),
          warnings: accountWarnings(account).map(({ code, message }) => ({ code, message })),
        };
      });
    },

    async unschedule(caller: Caller, path: PostPath, { commit, ifMatch }: Change) {
      return commit(async (tx) => {
        const post = await getPost(tx, caller, path);
        checkVersion(post, ifMatch);
        return answer(
          tx,
          caller,
          await movePost(tx, post, { move: 'unschedule' }, { actor: caller.actor, now: clock.now() }),
        );
      });
    },

    /** A person settles what became of a post whose answer was lost. */
    async resolve(caller: Caller, path: PostPath, input: ResolvePost, { commit, ifMatch }: Change) {
      return commit(async (tx) => {
        await getPost(tx, caller, path);
        await lockLane(tx, path.accountId);
        // Read again: a worker may have settled it before the lock was ours.
        const post = await getPost(tx, caller, path);
        checkVersion(post, ifMatch);
        if (input.pinId !== undefined) await checkPinIsFree(tx, post, input.pinId);
        const step: Step =
          input.pinId === undefined
            ? { move: 'clear', byHand: true }
            : { move: 'find', pinId: input.pinId, byHand: true };
        const now = clock.now();
        const moved = await movePost(tx, post, step, { actor: caller.actor, now });
        // No worker need be at this lane, and equal posts may have waited for this one.
        await lowerWake(tx, post.account_id, now, now);
        return answer(tx, caller, moved);
      });
    },

    async delete(caller: Caller, path: PostPath, { commit, ifMatch }: Change) {
      return commit(async (tx) => {
        const post = await getPost(tx, caller, path);
        checkVersion(post, ifMatch);
        await deletePost(tx, post, { actor: caller.actor, now: clock.now() });
        return { data: { deleted: true as const, id: path.postId } };
      });
    },
  };
}

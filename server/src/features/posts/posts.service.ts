// Use cases of posts: rule, transaction, move. No HTTP, no SQL.
import type { Clock } from '../../platform/clock.ts';
import type { Connection, Database } from '../../platform/db/index.ts';
import type { Caller } from '../../platform/http/caller.ts';
import { invalidBody } from '../../platform/http/refusals.ts';
import type { Commit, Warning } from '../../platform/http/route.ts';
import { isId, newId } from '../../platform/ids.ts';
import type { AccountRow, AccountsService } from '../accounts/index.ts';
import type { BoardsService } from '../boards/index.ts';
import type { MediaRow, MediaService } from '../media/index.ts';
import { lockLane, lowerWake } from './lane-wake.queries.ts';
import { createPost, deletePost, movePost, type Step } from './move-post.ts';
import { decodeCursor, encodeCursor } from './page-cursor.ts';
import { pinTaken, postNotFound } from './posts.errors.ts';
import { findPost, findPostOfPin, listPosts, type PostPath, type PostRow } from './posts.queries.ts';
import {
  type CreatePost,
  type ListPosts,
  missingToSchedule,
  requiredToSchedule,
  type SchedulePost,
  toPostView,
} from './posts.schema.ts';
import type { ResolvePost } from './resolve.schema.ts';
import { listPostEvents } from './timeline.queries.ts';
import { timelineEventsMax, toTimelineEvent } from './timeline.schema.ts';

export interface PostsParts {
  database: Database;
  clock: Clock;
  accounts: AccountsService;
  boards: BoardsService;
  media: MediaService;
  /** How callers reach this server, without a slash at the end. */
  publicUrl: string;
}

export type PostsService = ReturnType<typeof createPosts>;

export function createPosts({ database, clock, accounts, boards, media, publicUrl }: PostsParts) {
  function toView(post: PostRow, row: MediaRow) {
    return toPostView(post, row, { now: clock.now(), publicUrl });
  }

  async function withMedia(connection: Connection, caller: Caller, posts: readonly PostRow[]) {
    const ids = posts.map((post) => post.media_id);
    const rows = await media.getMany(connection, caller.organizationId, ids);
    return posts.map((post) => {
      const row = rows.get(post.media_id);
      if (!row) throw new Error(`post ${post.id} has lost its media ${post.media_id}`);
      return toView(post, row);
    });
  }

  async function answerWith(connection: Connection, caller: Caller, post: PostRow) {
    const [view] = await withMedia(connection, caller, [post]);
    if (!view) throw new Error('one post makes one view');
    return { post: view };
  }

  /** The post, or the same refusal for one that is not there, deleted, or not the caller's to see. */
  async function getPost(connection: Connection, caller: Caller, path: PostPath): Promise<PostRow> {
    await accounts.get(connection, caller, path.accountId);
    const post = isId('post', path.postId) ? await findPost(connection, caller, path) : undefined;
    if (!post) throw postNotFound();
    return post;
  }

  async function checkBoard(account: AccountRow, boardId: string): Promise<void> {
    const problem = await boards.check(account, boardId);
    if (problem) throw invalidBody([problem]);
  }

  async function checkPinIsFree(connection: Connection, post: PostRow, pinId: string): Promise<void> {
    const other = await findPostOfPin(connection, post.account_id, pinId);
    if (!other || other.id === post.id) return;
    throw pinTaken([{ path: 'pinId', code: 'pin_taken', message: `The Pin belongs to ${other.id}.` }]);
  }

  return {
    /** Nothing is stored unless everything is right, the media included. */
    async create(
      caller: Caller,
      accountId: string,
      input: CreatePost,
      { commit, signal }: { commit: Commit; signal: AbortSignal },
    ) {
      const account = await accounts.get(database.db, caller, accountId);
      if (input.boardId !== undefined) await checkBoard(account, input.boardId);
      const row = await media.fetchFromUrl({
        organizationId: caller.organizationId,
        url: input.mediaUrl,
        declaredType: input.mediaType,
        signal,
      });
      return commit(async (tx) => {
        const post = await createPost(
          tx,
          {
            id: newId('post'),
            organizationId: caller.organizationId,
            accountId: account.id,
            title: input.title ?? null,
            description: input.description ?? null,
            url: input.url ?? null,
            boardId: input.boardId ?? null,
            altText: input.altText ?? null,
            isSimplifiedPin: input.isSimplifiedPin,
            mediaType: input.mediaType,
            mediaId: row.id,
            sourceMediaUrl: input.mediaUrl,
            sendAt: input.sendAt ?? null,
          },
          clock.now(),
        );
        return { data: { post: toView(post, row) }, warnings: warningsFor(account) };
      });
    },

    async get(caller: Caller, path: PostPath) {
      return answerWith(database.db, caller, await getPost(database.db, caller, path));
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
        after: query.cursor === undefined ? undefined : decodeCursor(query.status, query.cursor),
        // One more than asked for tells whether there is another page.
        limit: query.limit + 1,
      });
      const page = rows.slice(0, query.limit);
      const last = rows.length > query.limit ? page.at(-1) : undefined;
      return {
        posts: await withMedia(database.db, caller, page),
        cursor: last ? encodeCursor(query.status, { listedAt: last.listed_at, id: last.id }) : null,
      };
    },

    async schedule(caller: Caller, path: PostPath, input: SchedulePost, commit: Commit) {
      const account = await accounts.get(database.db, caller, path.accountId);
      const before = await getPost(database.db, caller, path);
      const boardId = input.boardId ?? before.board_id;
      const missing = missingToSchedule({ ...before, boardId });
      if (boardId === null || missing.length > 0) {
        throw invalidBody(
          missing.map((name) => ({ path: name, code: 'required', message: requiredToSchedule })),
        );
      }
      // Asking Pinterest may take a while: not inside the transaction.
      await checkBoard(account, boardId);
      return commit(async (tx) => {
        const post = await getPost(tx, caller, path);
        const moved = await movePost(
          tx,
          post,
          { move: 'schedule', sendAt: input.sendAt, boardId },
          clock.now(),
        );
        return { data: await answerWith(tx, caller, moved), warnings: warningsFor(account) };
      });
    },

    /** A person settles what became of a post whose answer was lost. */
    async resolve(caller: Caller, path: PostPath, input: ResolvePost, commit: Commit) {
      return commit(async (tx) => {
        await getPost(tx, caller, path);
        await lockLane(tx, path.accountId);
        // Read again: a worker may have settled it before the lock was ours.
        const post = await getPost(tx, caller, path);
        if (input.pinId !== undefined) await checkPinIsFree(tx, post, input.pinId);
        const step: Step =
          input.pinId === undefined
            ? { move: 'clear', byHand: true }
            : { move: 'find', pinId: input.pinId, byHand: true };
        const now = clock.now();
        const moved = await movePost(tx, post, step, now);
        // No worker need be at this lane, and equal posts may have waited for this one.
        await lowerWake(tx, post.account_id, now, now);
        return { data: await answerWith(tx, caller, moved) };
      });
    },

    async delete(caller: Caller, path: PostPath, commit: Commit) {
      return commit(async (tx) => {
        await deletePost(tx, await getPost(tx, caller, path), clock.now());
        return { data: { deleted: true as const, id: path.postId } };
      });
    },
  };
}

function warningsFor(account: AccountRow): Warning[] {
  if (account.token_authorized) return [];
  return [
    {
      code: 'account_unauthorized',
      message: `Pinterest no longer accepts the token of ${account.username}. The post is kept; it goes out after the account was connected again.`,
    },
  ];
}

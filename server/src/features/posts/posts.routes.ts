// The operations of posts: method, path, scope and schemas of each, and the use case that serves it.
import { byCursor, route } from '../../platform/http/contract/index.ts';
import { AccountPath, accountNotFound } from '../accounts/index.ts';
import { mediaRefused } from '../media/index.ts';
import { noOpenSlot, noTimeslots } from '../schedule/index.ts';
import type { BatchParts } from './batches/batch-jobs.ts';
import { readLines } from './batches/batch-lines.ts';
import {
  BatchAnswer,
  BatchPageAnswer,
  BatchPath,
  BatchQuery,
  batchBytesMax,
  CreateBatchBody,
  CreateBatchQuery,
} from './batches/batches.schema.ts';
import { createBatch } from './batches/create-batch.ts';
import { getBatch } from './batches/get-batch.ts';
import { readSheet } from './batches/sheet/read-sheet.ts';
import { createPostBody, schedulePostBody } from './compose/create-post.schema.ts';
import { EditPostBody, EditPostsBody } from './compose/edit-post.schema.ts';
import { getPost } from './read/get-post.ts';
import { listPostsOfAccount } from './read/list-posts.ts';
import {
  CreatedAnswer,
  DeletedAnswer,
  DisconnectedAnswer,
  ListPostsQuery,
  PostAnswer,
  PostListAnswer,
  PostPath,
} from './read/posts.schema.ts';
import { TimelineAnswer } from './read/timeline.schema.ts';
import { getTimeline } from './read/timeline.ts';
import {
  batchNotFound,
  externalIdTaken,
  mediaGone,
  noAccess,
  pinTaken,
  postCannot,
  postChanged,
  postNotFound,
  tooManyBatches,
  versionDiffers,
} from './record/posts.errors.ts';
import { createPost } from './use-cases/create-post.ts';
import { deletePost } from './use-cases/delete-post.ts';
import { disconnectAccount } from './use-cases/disconnect-account.ts';
import { editPost } from './use-cases/edit-post.ts';
import { EditPostsAnswer } from './use-cases/edit-posts.schema.ts';
import { editPosts } from './use-cases/edit-posts.ts';
import { ResolvePostBody } from './use-cases/resolve-post.schema.ts';
import { resolvePost } from './use-cases/resolve-post.ts';
import { schedulePost } from './use-cases/schedule-post.ts';
import { unschedulePost } from './use-cases/unschedule-post.ts';
import { ValidateAnswer, validatePostBody } from './use-cases/validate-post.schema.ts';
import { validatePost } from './use-cases/validate-post.ts';

const tag = 'Posts';

/** Of every route that changes one post. */
const changeRefusals = [accountNotFound, postNotFound, postCannot, postChanged, versionDiffers];

export function postRoutes(parts: BatchParts) {
  const { clock } = parts;
  return [
    route({
      operationId: 'createPost',
      method: 'POST',
      path: '/v1/accounts/:accountId/posts',
      summary: 'Create post',
      description:
        'Create a new post. If sendAt is provided, the post will be scheduled. Otherwise, it will be saved as a draft.',
      tag,
      scope: 'posts:write',
      params: AccountPath,
      body: createPostBody(parts),
      data: CreatedAnswer,
      status: 201,
      refusals: [
        accountNotFound,
        mediaRefused,
        mediaGone,
        externalIdTaken,
        noAccess,
        noTimeslots,
        noOpenSlot,
      ],
      handle: ({ context, params, body }) => createPost(parts, context, params.accountId, body),
    }),
    route({
      operationId: 'listPosts',
      method: 'GET',
      path: '/v1/accounts/:accountId/posts',
      summary: 'List posts',
      description: 'Queued posts soonest first, all others newest first.',
      tag,
      scope: 'posts:read',
      params: AccountPath,
      query: ListPostsQuery,
      paging: byCursor('posts'),
      data: PostListAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: async ({ context, params, query }) => ({
        data: await listPostsOfAccount(parts, context, params.accountId, query),
      }),
    }),
    route({
      operationId: 'getPost',
      method: 'GET',
      path: '/v1/accounts/:accountId/posts/:postId',
      summary: 'Get post',
      answersEtag: true,
      tag,
      scope: 'posts:read',
      params: PostPath,
      data: PostAnswer,
      status: 200,
      refusals: [accountNotFound, postNotFound],
      handle: ({ context, params }) => getPost(parts, context, params),
    }),
    route({
      operationId: 'deletePost',
      method: 'DELETE',
      path: '/v1/accounts/:accountId/posts/:postId',
      summary: 'Delete post',
      description:
        'Deletes a draft, a queued, failed or missed post. A post that is published or being published cannot be deleted.',
      tag,
      scope: 'posts:write',
      params: PostPath,
      data: DeletedAnswer,
      status: 200,
      refusals: changeRefusals,
      handle: ({ context, params, ifMatch }) => deletePost(context, { ...params, ifMatch }),
    }),
    route({
      operationId: 'schedulePost',
      method: 'POST',
      path: '/v1/accounts/:accountId/posts/:postId/schedule',
      summary: 'Schedule post',
      description: 'Schedules a draft or a failed post, or reschedules a queued one.',
      tag,
      scope: 'posts:write',
      params: PostPath,
      body: schedulePostBody(clock),
      data: PostAnswer,
      status: 200,
      refusals: [...changeRefusals, noAccess, noTimeslots, noOpenSlot],
      handle: ({ context, params, body, ifMatch }) =>
        schedulePost(parts, context, { ...params, ifMatch }, body),
    }),
    route({
      operationId: 'unschedulePost',
      method: 'POST',
      path: '/v1/accounts/:accountId/posts/:postId/unschedule',
      summary: 'Unschedule post',
      description: 'A queued, failed or missed post becomes a draft. Everything but its time is unchanged.',
      tag,
      scope: 'posts:write',
      params: PostPath,
      data: PostAnswer,
      status: 200,
      refusals: changeRefusals,
      handle: ({ context, params, ifMatch }) => unschedulePost(parts, context, { ...params, ifMatch }),
    }),
    route({
      operationId: 'editPost',
      method: 'PATCH',
      path: '/v1/accounts/:accountId/posts/:postId',
      summary: 'Edit post',
      description:
        'Edits a draft, a queued, failed or missed post. Omitted fields are unchanged; null clears a field, which is refused if the post is not a draft and needs it. New media replaces the previous media, including a carousel.',
      tag,
      scope: 'posts:write',
      params: PostPath,
      body: EditPostBody,
      sdk: 'posts.update',
      data: PostAnswer,
      status: 200,
      refusals: [...changeRefusals, mediaRefused, mediaGone, externalIdTaken],
      handle: ({ context, params, body, ifMatch }) => editPost(parts, context, { ...params, ifMatch }, body),
    }),
    route({
      operationId: 'getPostTimeline',
      sdk: 'posts.timeline',
      method: 'GET',
      path: '/v1/accounts/:accountId/posts/:postId/timeline',
      summary: 'Get the timeline of a post',
      description:
        'The history of the post: its creation and scheduling, each attempt with the answer of Pinterest, each search for a lost Pin, and the reasons.',
      tag,
      scope: 'posts:read',
      params: PostPath,
      data: TimelineAnswer,
      status: 200,
      refusals: [accountNotFound, postNotFound],
      handle: async ({ context, params }) => ({ data: await getTimeline(parts, context, params) }),
    }),
    route({
      operationId: 'resolvePost',
      method: 'POST',
      path: '/v1/accounts/:accountId/posts/:postId/resolve',
      summary: 'Resolve a post whose outcome is unknown',
      description:
        'For a post whose answer was lost (`publication` is `confirming`), when a person has looked on Pinterest. With `not_published` the post is published again: be sure that there is no Pin.',
      tag,
      scope: 'posts:write',
      params: PostPath,
      body: ResolvePostBody,
      data: PostAnswer,
      status: 200,
      refusals: [...changeRefusals, pinTaken],
      handle: ({ context, params, body, ifMatch }) =>
        resolvePost(parts, context, { ...params, ifMatch }, body),
    }),
    route({
      operationId: 'validatePost',
      method: 'POST',
      path: '/v1/accounts/:accountId/posts/validate',
      summary: 'Check a post without creating it',
      description:
        'Accepts the body of create, runs every check of creating and publishing, and stores nothing. The media is fetched and validated. With `useNextOpenSlot`, the slot is found and not claimed.',
      tag,
      scope: 'posts:write',
      params: AccountPath,
      body: validatePostBody(clock),
      data: ValidateAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: async ({ context, params, body }) => ({
        data: await validatePost(parts, context, params.accountId, body),
      }),
    }),
    route({
      operationId: 'createBatch',
      method: 'POST',
      path: '/v1/accounts/:accountId/posts/batches',
      summary: 'Create many posts',
      description:
        'Accepts up to 1,000 posts and creates them in the background, in their order. The body is JSON, lines of JSON, or a CSV file. The first row of a CSV file names the columns, at most 100: the field names of this API, or those of the bulk upload of Pinterest (Title, Media URL, Pinterest board, Thumbnail, Description, Link, Publish date, Keywords). A board can be given by name, and a section too (column Board section, or `Board/Section`). A time without an offset is in the time zone that `timezone` says. In a sheet with a column of times, a blank time is the next open slot; a sheet without one makes drafts. A row whose status says that it was published fails. An entry has at most 512 KiB as JSON or 128 KiB as a row, and 1,000 values. An entry that equals an existing post creates none (`existing`). Identical content within 7 days is the first batch, marked `repeated`: what was created and still exists stays, and the rest is tried again.',
      tag,
      scope: 'posts:write',
      params: AccountPath,
      body: CreateBatchBody,
      bodyBytesMax: batchBytesMax,
      query: CreateBatchQuery,
      otherBodies: {
        'text/csv': readSheet,
        // As browsers and spreadsheet programs call it.
        'application/csv': readSheet,
        'application/vnd.ms-excel': readSheet,
        'application/x-ndjson': readLines,
      },
      sdk: 'batches.create',
      sdkForms: {
        'application/json': 'batches.create',
        'text/csv': 'batches.createFromCsv',
        'application/csv': 'batches.createFromCsv',
        'application/vnd.ms-excel': 'batches.createFromCsv',
        'application/x-ndjson': 'batches.createFromLines',
      },
      data: BatchAnswer,
      status: 202,
      refusals: [accountNotFound, tooManyBatches],
      handle: ({ context, params, query, body }) =>
        createBatch(parts, context, params.accountId, body, query),
    }),
    route({
      operationId: 'getBatch',
      method: 'GET',
      path: '/v1/accounts/:accountId/posts/batches/:batchId',
      summary: 'Get the progress of a batch',
      description:
        'The counts, and one page of the entries with the result of each. A batch is stored for 28 days after its completion.',
      tag,
      scope: 'posts:read',
      params: BatchPath,
      query: BatchQuery,
      paging: byCursor('batch.entries'),
      sdk: 'batches.get',
      data: BatchPageAnswer,
      status: 200,
      refusals: [accountNotFound, batchNotFound],
      handle: async ({ context, params, query }) => ({ data: await getBatch(parts, context, params, query) }),
    }),
    route({
      operationId: 'editPosts',
      method: 'PATCH',
      path: '/v1/accounts/:accountId/posts',
      summary: 'Edit many posts',
      description:
        'Each entry is an edit with the id of its post. All edits are made, or none. The answer has the previous values of the changed fields: send them as `posts` to undo the edit.',
      tag,
      scope: 'posts:write',
      params: AccountPath,
      body: EditPostsBody,
      bodyBytesMax: batchBytesMax,
      sdk: 'posts.updateMany',
      data: EditPostsAnswer,
      status: 200,
      refusals: [
        accountNotFound,
        postNotFound,
        postCannot,
        postChanged,
        mediaRefused,
        mediaGone,
        externalIdTaken,
      ],
      handle: ({ context, params, body }) => editPosts(parts, context, params.accountId, body),
    }),
    route({
      operationId: 'disconnectAccount',
      method: 'DELETE',
      path: '/v1/accounts/:accountId',
      summary: 'Disconnect account',
      description:
        'Erases its tokens; its queued posts become drafts. A post that is being published completes. Connecting the same Pinterest user again restores the account with its id, drafts and history.',
      tag: 'Accounts',
      scope: 'accounts:write',
      params: AccountPath,
      data: DisconnectedAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: ({ context, params }) => disconnectAccount(context, params.accountId),
    }),
  ];
}

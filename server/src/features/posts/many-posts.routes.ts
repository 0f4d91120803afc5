// Posts by the dozen, and the check beforehand.
import type { Clock } from '../../platform/clock.ts';
import { route } from '../../platform/http/route.ts';
import { AccountPath, accountNotFound } from '../accounts/index.ts';
import { mediaRefused } from '../media/index.ts';
import { readLines, readSheet } from './batches/batch-lines.ts';
import {
  BatchAnswer,
  BatchPageAnswer,
  BatchPath,
  BatchQuery,
  batchBytesMax,
  CreateBatchBody,
} from './batches/batches.schema.ts';
import { EditPostsAnswer, EditPostsBody } from './compose/edit-post.schema.ts';
import type { Posts } from './posts.ts';
import {
  batchNotFound,
  externalIdTaken,
  mediaGone,
  postCannot,
  postChanged,
  postNotFound,
} from './record/posts.errors.ts';
import { ValidateAnswer, validatePostBody } from './use-cases/validate-post.schema.ts';

const tag = 'Posts';

export function manyPostsRoutes(posts: Posts, clock: Clock) {
  return [
    route({
      operationId: 'validatePost',
      method: 'POST',
      path: '/v1/accounts/:accountId/posts/validate',
      summary: 'Check a post without creating it',
      description:
        'Takes the body of create, runs every check that creating and publishing would make, and stores nothing. The media is fetched and looked at. With `useNextOpenSlot` the slot is looked up and not claimed.',
      tag,
      scope: 'posts:write',
      params: AccountPath,
      body: validatePostBody(clock),
      data: ValidateAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: async ({ caller, params, body, signal }) => ({
        data: await posts.validate(caller, params.accountId, body, signal),
      }),
    }),
    route({
      operationId: 'createBatch',
      method: 'POST',
      path: '/v1/accounts/:accountId/posts/batches',
      summary: 'Create many posts',
      description:
        'Takes up to 1,000 posts and creates them in the background, in the order given. As JSON, as lines of JSON, or as a CSV file: its first row names the columns, at most 100, by our field names or as in the bulk upload of Pinterest (Title, Media URL, Pinterest board, Thumbnail, Description, Link, Publish date, Keywords); boards may be named, a time without an offset is in the zone of the account, and a blank one takes the next open slot. An entry has at most 512 KiB as JSON and 128 KiB as a row, and 1,000 values. Identical content within 7 days answers with the batch that it made first.',
      tag,
      scope: 'posts:write',
      params: AccountPath,
      body: CreateBatchBody,
      bodyBytesMax: batchBytesMax,
      otherBodies: { 'text/csv': readSheet, 'application/x-ndjson': readLines },
      data: BatchAnswer,
      status: 202,
      refusals: [accountNotFound],
      handle: ({ caller, params, body, commit }) =>
        posts.batches.create(caller, params.accountId, body, commit),
    }),
    route({
      operationId: 'getBatch',
      method: 'GET',
      path: '/v1/accounts/:accountId/posts/batches/:batchId',
      summary: 'Get the progress of a batch',
      description:
        'The counts, and one page of its entries with what became of each. Kept for 28 days after the batch was completed.',
      tag,
      scope: 'posts:read',
      params: BatchPath,
      query: BatchQuery,
      data: BatchPageAnswer,
      status: 200,
      refusals: [accountNotFound, batchNotFound],
      handle: async ({ caller, params, query }) => ({ data: await posts.batches.get(caller, params, query) }),
    }),
    route({
      operationId: 'editPosts',
      method: 'PATCH',
      path: '/v1/accounts/:accountId/posts',
      summary: 'Edit many posts',
      description:
        'Each entry is an edit with the id of its post. All are made or none. The answer has the changed fields as they were: send them as `posts` to undo the edit.',
      tag,
      scope: 'posts:write',
      params: AccountPath,
      body: EditPostsBody,
      bodyBytesMax: batchBytesMax,
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
      handle: ({ caller, params, body, commit, signal }) =>
        posts.editMany(caller, params.accountId, body, { commit, signal }),
    }),
  ];
}

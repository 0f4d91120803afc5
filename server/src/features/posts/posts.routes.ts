import type { Clock } from '../../platform/clock.ts';
import { route } from '../../platform/http/route.ts';
import { AccountPath, accountNotFound } from '../accounts/index.ts';
import { mediaRefused } from '../media/index.ts';
import { noOpenSlot, noTimeslots } from '../schedule/index.ts';
import { createPostBody, schedulePostBody } from './compose/create-post.schema.ts';
import { EditPostBody } from './compose/edit-post.schema.ts';
import type { Posts } from './posts.ts';
import {
  CreatedAnswer,
  DeletedAnswer,
  ListPostsQuery,
  PostAnswer,
  PostListAnswer,
  PostPath,
} from './read/posts.schema.ts';
import { TimelineAnswer } from './read/timeline.schema.ts';
import {
  externalIdTaken,
  mediaGone,
  noAccess,
  pinTaken,
  postCannot,
  postChanged,
  postNotFound,
  versionDiffers,
} from './record/posts.errors.ts';
import { ResolvePostBody } from './use-cases/resolve-post.schema.ts';

const tag = 'Posts';

/** Of every route that changes one post. */
const changeRefusals = [accountNotFound, postNotFound, postCannot, postChanged, versionDiffers];

export function postRoutes(posts: Posts, clock: Clock) {
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
      body: createPostBody(clock),
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
      handle: ({ caller, params, body, commit, signal }) =>
        posts.create(caller, params.accountId, body, { commit, signal }),
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
      data: PostListAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: async ({ caller, params, query }) => ({
        data: await posts.list(caller, params.accountId, query),
      }),
    }),
    route({
      operationId: 'getPost',
      method: 'GET',
      path: '/v1/accounts/:accountId/posts/:postId',
      summary: 'Get post',
      tag,
      scope: 'posts:read',
      params: PostPath,
      data: PostAnswer,
      status: 200,
      refusals: [accountNotFound, postNotFound],
      handle: ({ caller, params }) => posts.get(caller, params),
    }),
    route({
      operationId: 'deletePost',
      method: 'DELETE',
      path: '/v1/accounts/:accountId/posts/:postId',
      summary: 'Delete post',
      description: 'Drafts, queued and failed posts. What is published, or being published, stays.',
      tag,
      scope: 'posts:write',
      params: PostPath,
      data: DeletedAnswer,
      status: 200,
      refusals: changeRefusals,
      handle: ({ caller, params, commit, ifMatch }) => posts.delete(caller, params, { commit, ifMatch }),
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
      handle: ({ caller, params, body, commit, ifMatch }) =>
        posts.schedule(caller, params, body, { commit, ifMatch }),
    }),
    route({
      operationId: 'unschedulePost',
      method: 'POST',
      path: '/v1/accounts/:accountId/posts/:postId/unschedule',
      summary: 'Unschedule post',
      description: 'A queued or failed post becomes a draft again; everything but its time is kept.',
      tag,
      scope: 'posts:write',
      params: PostPath,
      data: PostAnswer,
      status: 200,
      refusals: changeRefusals,
      handle: ({ caller, params, commit, ifMatch }) => posts.unschedule(caller, params, { commit, ifMatch }),
    }),
    route({
      operationId: 'editPost',
      method: 'PATCH',
      path: '/v1/accounts/:accountId/posts/:postId',
      summary: 'Edit post',
      description:
        'Drafts, queued and failed posts. Fields that are left out stay as they are; null clears a field, which is refused where a post that is no draft needs it. Other media take the place of those before, a carousel included.',
      tag,
      scope: 'posts:write',
      params: PostPath,
      body: EditPostBody,
      data: PostAnswer,
      status: 200,
      refusals: [...changeRefusals, mediaRefused, mediaGone, externalIdTaken],
      handle: ({ caller, params, body, commit, ifMatch, signal }) =>
        posts.edit(caller, params, body, { commit, ifMatch, signal }),
    }),
    route({
      operationId: 'getPostTimeline',
      method: 'GET',
      path: '/v1/accounts/:accountId/posts/:postId/timeline',
      summary: 'Get the timeline of a post',
      description:
        'Everything the post went through: created, scheduled, each attempt with what Pinterest answered, each look for a lost answer, and why.',
      tag,
      scope: 'posts:read',
      params: PostPath,
      data: TimelineAnswer,
      status: 200,
      refusals: [accountNotFound, postNotFound],
      handle: async ({ caller, params }) => ({ data: await posts.timeline(caller, params) }),
    }),
    route({
      operationId: 'resolvePost',
      method: 'POST',
      path: '/v1/accounts/:accountId/posts/:postId/resolve',
      summary: 'Settle a post whose outcome is unknown',
      description:
        'For a post whose answer was lost (`publication` is `confirming`), when a person has looked on Pinterest. With `not_published` the post is published again: be sure that there is no Pin.',
      tag,
      scope: 'posts:write',
      params: PostPath,
      body: ResolvePostBody,
      data: PostAnswer,
      status: 200,
      refusals: [...changeRefusals, pinTaken],
      handle: ({ caller, params, body, commit, ifMatch }) =>
        posts.resolve(caller, params, body, { commit, ifMatch }),
    }),
  ];
}

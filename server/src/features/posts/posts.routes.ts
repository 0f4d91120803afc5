import type { Clock } from '../../platform/clock.ts';
import { route } from '../../platform/http/route.ts';
import { AccountPath, accountNotFound } from '../accounts/index.ts';
import { mediaRefused } from '../media/index.ts';
import { pinTaken, postCannot, postChanged, postNotFound } from './posts.errors.ts';
import {
  createPostBody,
  DeletedAnswer,
  ListPostsQuery,
  PostAnswer,
  PostListAnswer,
  PostPath,
  schedulePostBody,
} from './posts.schema.ts';
import type { PostsService } from './posts.service.ts';
import { ResolvePostBody } from './resolve.schema.ts';
import { TimelineAnswer } from './timeline.schema.ts';

const tag = 'Posts';

export function postRoutes({ posts, clock }: { posts: PostsService; clock: Clock }) {
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
      data: PostAnswer,
      status: 201,
      refusals: [accountNotFound, mediaRefused],
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
      handle: async ({ caller, params }) => ({ data: await posts.get(caller, params) }),
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
      refusals: [accountNotFound, postNotFound, postCannot, postChanged],
      handle: ({ caller, params, commit }) => posts.delete(caller, params, commit),
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
      refusals: [accountNotFound, postNotFound, postCannot, postChanged],
      handle: ({ caller, params, body, commit }) => posts.schedule(caller, params, body, commit),
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
      refusals: [accountNotFound, postNotFound, postCannot, postChanged, pinTaken],
      handle: ({ caller, params, body, commit }) => posts.resolve(caller, params, body, commit),
    }),
  ];
}

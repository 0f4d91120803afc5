// Creates a post, or one for each of several boards: all or none.
import type { Context } from '../../../platform/use-case/index.ts';
import type { CreatePost } from '../compose/create-post.schema.ts';
import { findFactsOfCreate } from '../compose/facts.ts';
import { preparePost } from '../compose/new-post.ts';
import { writePosts } from '../compose/write-new-posts.ts';
import { postAnswer, postViews } from '../read/views.ts';
import type { PostParts } from './parts.ts';

/**
 * @throws accountNotFound, invalidBody, mediaRefused, mediaGone, externalIdTaken, noAccess, noTimeslots, noOpenSlot
 */
export async function createPost(parts: PostParts, context: Context, accountId: string, input: CreatePost) {
  const { signal, clock, actor } = context;
  const facts = await findFactsOfCreate(parts, context, accountId, { body: input, now: clock.now() });
  const prepared = await preparePost(parts, facts, input, { viewer: context, now: clock.now(), signal });
  return context.commit(async (tx) => {
    const now = clock.now();
    const [posts = []] = await writePosts(parts, tx, [prepared], { actor, now });
    const [first] = posts;
    if (!first) throw new Error('a body makes at least one post');
    const { warnings, media: loaded } = prepared;
    const answer = await postAnswer(parts, tx, first, { now, loaded });
    if (!input.intervalBoards) return { ...answer, warnings };
    return { data: { ...answer.data, posts: await postViews(parts, tx, posts, { now, loaded }) }, warnings };
  });
}

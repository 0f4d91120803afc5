// Creates a post, or one for each of several boards: all or none.
import { Temporal } from 'temporal-polyfill';
import { newId } from '../../../domain/ids.ts';
import type { Tx } from '../../../platform/db/index.ts';
import { first, single } from '../../../platform/single.ts';
import type { Context, Stamp } from '../../../platform/use-case/index.ts';
import type { CreatePost } from '../compose/create-post.schema.ts';
import { findFactsOfCreate } from '../compose/facts.ts';
import { type PreparedPost, preparePost } from '../compose/new-post.ts';
import { postAnswer, postViews } from '../read/views.ts';
import { createPosts, type NewPost } from '../record/content.ts';
import { refusingTakenIds } from '../record/posts.errors.ts';
import type { PostRow } from '../record/posts.queries.ts';
import type { PostParts } from './parts.ts';

/**
 * Creates the posts of a body. The answer has the first one, and with `intervalBoards` all of them.
 * @throws accountNotFound, invalidBody, mediaRefused, mediaGone, externalIdTaken, noAccess, noTimeslots, noOpenSlot
 */
export async function createPost(parts: PostParts, context: Context, accountId: string, input: CreatePost) {
  const { signal, clock, actor } = context;
  const facts = await findFactsOfCreate(parts, context, accountId, { body: input, now: clock.now() });
  const prepared = await preparePost(parts, facts, input, { viewer: context, now: clock.now(), signal });
  return context.commit(async (tx) => {
    const now = clock.now();
    const posts = single(await writePosts(parts, tx, [prepared], { actor, now }));
    const { warnings, media: loaded } = prepared;
    const answer = await postAnswer(parts, tx, first(posts), { now, loaded });
    if (!input.intervalBoards) return { ...answer, warnings };
    return { data: { ...answer.data, posts: await postViews(parts, tx, posts, { now, loaded }) }, warnings };
  });
}

/**
 * Writes prepared posts of one account in their order, and claims their slots: the commit of a create, and of a group of
 * creates in a batch. Returns the posts of each.
 * @throws externalIdTaken when another post got the externalId meanwhile; accountNotFound, mediaGone, noTimeslots, noOpenSlot
 */
export async function writePosts(
  { schedule }: Pick<PostParts, 'schedule'>,
  tx: Tx,
  prepared: readonly PreparedPost[],
  stamp: Stamp,
): Promise<PostRow[][]> {
  const written: PostRow[] = [];
  let unwritten: NewPost[] = [];
  const write = async () => {
    const posts = unwritten;
    unwritten = [];
    written.push(...(await refusingTakenIds(() => createPosts(tx, posts, stamp))));
  };
  for (const { account, contents, timing, intervalDays } of prepared) {
    let lastSlot: Date | undefined;
    for (const [index, content] of contents.entries()) {
      if (timing.kind === 'slot') {
        // The claim must see the posts before this one.
        await write();
        lastSlot = await schedule.claimNextOpenSlot(tx, account, {
          url: content.url,
          now: stamp.now,
          ...(lastSlot && { notBefore: addDays(lastSlot, intervalDays, account.timezone) }),
        });
      }
      const sendAt =
        timing.kind === 'at'
          ? addDays(timing.at, index * intervalDays, account.timezone)
          : (lastSlot ?? null);
      const owner = { organizationId: account.organization_id, accountId: account.id };
      unwritten.push({ ...content, ...owner, id: newId('post'), sendAt });
    }
  }
  await write();
  // Rows are returned in the order in which the posts were written.
  let next = 0;
  return prepared.map(({ contents }) => {
    const rows = written.slice(next, next + contents.length);
    next += contents.length;
    return rows;
  });
}

/** Adds days of the account's calendar: nine o'clock stays nine o'clock when the clocks change. */
function addDays(at: Date, days: number, timezone: string): Date {
  if (days === 0) return at;
  const local = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timezone);
  return new Date(local.add({ days }).epochMilliseconds);
}

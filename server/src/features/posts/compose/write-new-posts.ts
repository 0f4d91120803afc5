// Writes prepared posts and claims their slots: the commit of a create, and of a group of creates in a batch.
import { Temporal } from 'temporal-polyfill';
import { newId } from '../../../domain/ids.ts';
import type { Tx } from '../../../platform/db/index.ts';
import type { Stamp } from '../../../platform/use-case/index.ts';
import { createPosts, type NewPost } from '../record/content.ts';
import type { PostRow } from '../record/posts.queries.ts';
import { refusingTakenIds } from './external-id.ts';
import type { PreparedPost } from './new-post.ts';
import type { CreateParts } from './parts.ts';

/**
 * Writes prepared posts of one account in their order, and claims their slots. Returns the posts of each.
 * @throws externalIdTaken when another post got the externalId meanwhile; accountNotFound, mediaGone, noTimeslots, noOpenSlot
 */
export async function writePosts(
  parts: Pick<CreateParts, 'schedule'>,
  tx: Tx,
  prepared: readonly PreparedPost[],
  stamp: Stamp,
): Promise<PostRow[][]> {
  const written = new Map<string, PostRow>();
  const order: string[][] = [];
  let waiting: NewPost[] = [];
  const write = async () => {
    const posts = waiting;
    waiting = [];
    const rows = await refusingTakenIds(() => createPosts(tx, posts, stamp));
    for (const row of rows) written.set(row.id, row);
  };
  for (const { account, contents, timing, intervalDays } of prepared) {
    const ids: string[] = [];
    let last: Date | null = null;
    for (const [index, content] of contents.entries()) {
      let sendAt: Date | null = null;
      if (timing.kind === 'slot') {
        // The claim must see the posts before this one.
        await write();
        sendAt = await parts.schedule.claimNextOpenSlot(tx, account, {
          url: content.url,
          now: stamp.now,
          ...(last && { notBefore: addDays(last, intervalDays, account.timezone) }),
        });
      } else if (timing.kind === 'at') {
        sendAt = addDays(timing.at, index * intervalDays, account.timezone);
      }
      last = sendAt;
      const id = newId('post');
      waiting.push({
        ...content,
        id,
        organizationId: account.organization_id,
        accountId: account.id,
        sendAt,
      });
      ids.push(id);
    }
    order.push(ids);
  }
  await write();
  return order.map((ids) => ids.flatMap((id) => written.get(id) ?? []));
}

/** Adds days of the account's calendar: nine o'clock stays nine o'clock when the clocks change. */
function addDays(at: Date, days: number, timezone: string): Date {
  if (days === 0) return at;
  const local = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timezone);
  return new Date(local.add({ days }).epochMilliseconds);
}

// Writes prepared posts and claims their slots. Single creates and batches both end here.
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
 * Writes what was prepared, all of one account, in the order given; slots are claimed on the way. Gives for each its
 * posts.
 * @throws externalIdTaken when someone was faster; what createPosts and claiming a slot throw.
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

/** Days by the calendar of the account's zone: nine o'clock stays nine o'clock when the clocks change. */
function addDays(at: Date, days: number, timezone: string): Date {
  if (days === 0) return at;
  const local = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timezone);
  return new Date(local.add({ days }).epochMilliseconds);
}

// Reads the history of posts from the event log and checks it: the lifecycle table allows each move, and an account's
// posts were published in the order in which they were due.
import { isAtRest, type PostSituation } from '../../src/domain/post-states.ts';
import { afterMove, type Move } from '../../src/features/posts/record/lifecycle.ts';
import type { Connection } from '../../src/platform/db/index.ts';

const movesOf: Record<string, Move[]> = {
  'post.scheduled': ['schedule'],
  'post.unscheduled': ['unschedule'],
  'post.held': ['miss', 'giveUp'],
  'post.publishing': ['mediaReady'],
  'post.sent': ['accept', 'find'],
  'post.postponed': ['postpone'],
  'post.failed': ['refuse'],
  'post.unknown': ['lose'],
  'post.searched': ['searchAgain'],
  'post.cleared': ['clear'],
};

interface Past {
  situation: PostSituation;
  /** When a queued post is due. */
  runAt: number | null;
  isDeleted: boolean;
}

export async function checkHistory(connection: Connection, accountIds: readonly string[]): Promise<void> {
  for (const accountId of accountIds) {
    const events = await connection
      .selectFrom('events')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('post_id', 'is not', null)
      .orderBy('id')
      .execute();
    const pasts = new Map<string, Past>();
    for (const { post_id: id, type, at, data } of events) {
      if (id === null) continue;
      const told = data as { sendAt?: string | null; runAt?: string };
      if (type === 'post.created') {
        const runAt = told.sendAt ? Date.parse(told.sendAt) : null;
        const state = runAt === null ? 'draft' : 'queued';
        pasts.set(id, { situation: { state, held_for: null }, runAt, isDeleted: false });
        continue;
      }
      // A video on its way to Pinterest changes nothing about its post.
      if (type.startsWith('post.video_')) continue;
      const past = pasts.get(id);
      if (!past || past.isDeleted) throw new Error(`${type} of ${id}, which is not there`);
      if (type === 'post.deleted') {
        if (!isAtRest(past.situation))
          throw new Error(`${id} was deleted while it was ${past.situation.state}`);
        pasts.set(id, { ...past, runAt: null, isDeleted: true });
        continue;
      }
      const to = (movesOf[type] ?? []).map((move) => afterMove(past.situation, move)).find(Boolean);
      if (!to) throw new Error(`${type} of ${id} while it was ${past.situation.state}`);
      if (type === 'post.publishing') checkOrder(pasts, id, past);
      const dueAt = told.runAt ?? told.sendAt;
      const runAt = type === 'post.cleared' ? at.getTime() : dueAt ? Date.parse(dueAt) : null;
      pasts.set(id, { ...past, situation: to, runAt: to.state === 'queued' ? runAt : null });
    }
    const rows = await connection
      .selectFrom('posts')
      .select(['id', 'state'])
      .where('account_id', '=', accountId)
      .execute();
    for (const { id, state } of rows) {
      const told = pasts.get(id)?.situation.state;
      if (told !== state) throw new Error(`${id} is ${state}, and its events say ${told}`);
    }
  }
}

function checkOrder(pasts: Map<string, Past>, id: string, taken: Past): void {
  for (const [otherId, other] of pasts) {
    if (other.runAt !== null && taken.runAt !== null && other.runAt < taken.runAt)
      throw new Error(`${id} was taken before ${otherId}, which was due earlier`);
  }
}

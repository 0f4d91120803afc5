// The dated schedule of an account: its posts and its open timeslots, in the order of time.
import { takesSlot } from '../../../domain/post-states.ts';
import { addMs, toUnixSeconds } from '../../../platform/clock.ts';
import { type Context, invalidQuery } from '../../../platform/use-case/index.ts';
import { getAccount } from '../../accounts/index.ts';
import { createSlotCalendar, type Occurrence } from '../calendar/occurrences.ts';
import { dayMs } from '../calendar/wall-clock.ts';
import type { ScheduleParts } from '../parts.ts';
import { type DatedPost, listDatedPosts } from '../schedule.queries.ts';
import {
  type ScheduleEntry,
  type ScheduleWindow,
  scheduleDaysDefault,
  scheduleDaysMax,
} from '../schedule.schema.ts';
import { listSlotTimes } from '../timeslots.queries.ts';

interface Period {
  from: Date;
  to: Date;
}

/** An entry with `at` in milliseconds. */
type Entry = ScheduleEntry;

/** @throws accountNotFound; invalidQuery for a window that is reversed or too long */
export async function viewSchedule(
  { database }: ScheduleParts,
  context: Context,
  accountId: string,
  window: ScheduleWindow,
) {
  const account = await getAccount(database.db, context, accountId);
  const now = context.clock.now();
  const period = checkWindow(window, now);
  const { from, to } = period;
  const calendar = createSlotCalendar(await listSlotTimes(database.db, account.id));
  const posts = await listDatedPosts(database.db, { accountId: account.id, from, to });
  const occurrences = calendar.between(from.getTime(), to.getTime());
  const entries = [
    ...openEntries(occurrences, posts, now),
    ...postEntries(posts, occurrences, { period, slotAt: calendar.slotAt }),
  ];
  return {
    data: {
      schedule: entries
        .sort((a, b) => a.at - b.at)
        .map((entry) => ({ ...entry, at: Math.floor(entry.at / 1000) })),
      window: { from: toUnixSeconds(from), to: toUnixSeconds(to) },
    },
  };
}

/** The statuses of posts, as the schedule names them; drafts have no time. */
const statuses = {
  queued: 'scheduled',
  uploading: 'publishing',
  sent: 'published',
  failed: 'failed',
} as const;

function postEntries(
  posts: readonly DatedPost[],
  occurrences: readonly Occurrence[],
  { period, slotAt }: { period: Period; slotAt(at: number): string | null },
): Entry[] {
  const slotOf = new Map(occurrences.map(({ at, slotId }) => [at, slotId]));
  function timeslotOf(post: DatedPost): string | null {
    if (post.send_at === null) return null;
    const at = post.send_at.getTime();
    const isInside = post.send_at >= period.from && post.send_at < period.to;
    // A post may be published days after its time, which is then outside of the window.
    return (isInside ? slotOf.get(at) : slotAt(at)) ?? null;
  }
  return posts.map((post) => ({
    at: post.listed_at.getTime(),
    status: statuses[post.status as keyof typeof statuses],
    timeslotId: timeslotOf(post),
    postId: post.id,
  }));
}

function openEntries(occurrences: readonly Occurrence[], posts: readonly DatedPost[], now: Date): Entry[] {
  const occupying = posts.filter(takesSlot);
  const occupied = new Set(occupying.map((post) => post.listed_at.getTime()));
  return occurrences
    .filter(({ at }) => at > now.getTime() && !occupied.has(at))
    .map(({ at, slotId }) => ({ at, status: 'open', timeslotId: slotId, postId: null }));
}

function checkWindow(window: ScheduleWindow, now: Date): Period {
  const from = window.from ?? now;
  const to = window.to ?? addMs(from, scheduleDaysDefault * dayMs);
  if (to <= from) {
    const message = 'Must be after "from", which is now by default.';
    throw invalidQuery([{ path: 'to', code: 'before_from', message }]);
  }
  if (to.getTime() - from.getTime() > scheduleDaysMax * dayMs) {
    const message = `Must be at most ${scheduleDaysMax} days after "from". Request one window after the other.`;
    throw invalidQuery([{ path: 'to', code: 'window_too_long', message }]);
  }
  return { from, to };
}

// The room's use cases in one object, and the dated schedule: what stands where, and what is free.
import { takesSlot } from '../../domain/post-states.ts';
import { addMs, type Clock, toUnixSeconds } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { type Caller, invalidQuery } from '../../platform/use-case/index.ts';
import type { AccountsService } from '../accounts/index.ts';
import { createSlotCalendar, type Occurrence } from './calendar/occurrences.ts';
import { dayMs } from './calendar/wall-clock.ts';
import { createOpenSlots } from './open-slots.ts';
import { type DatedPost, listDatedPosts } from './schedule.queries.ts';
import {
  type ScheduleEntry,
  type ScheduleWindow,
  scheduleDaysDefault,
  scheduleDaysMax,
} from './schedule.schema.ts';
import { createSpacing } from './spacing.service.ts';
import { listSlotTimes } from './timeslots.queries.ts';
import { createTimeslots } from './timeslots.service.ts';

export interface ScheduleParts {
  database: Database;
  clock: Clock;
  accounts: AccountsService;
  /** Query parameters that make no other destination of a url; `*` at the end stands for any ending. */
  trackingParameters: readonly string[];
}

export type ScheduleService = ReturnType<typeof createSchedule>;

export function createSchedule({ database, clock, accounts, trackingParameters }: ScheduleParts) {
  const openSlots = createOpenSlots({ trackingParameters });
  const { destinationKey } = openSlots;

  return {
    ...openSlots,
    ...createTimeslots({ database, clock, accounts }),
    ...createSpacing({ database, clock, accounts, destinationKey }),

    async viewSchedule(caller: Caller, accountId: string, window: ScheduleWindow) {
      const account = await accounts.get(database.db, caller, accountId);
      const now = clock.now();
      const { from, to } = checkWindow(window, now);
      const calendar = createSlotCalendar(await listSlotTimes(database.db, account.id));
      const posts = await listDatedPosts(database.db, { accountId: account.id, from, to });
      const occurrences = calendar.between(from.getTime(), to.getTime());
      const slotOf = new Map(occurrences.map(({ at, slotId }) => [at, slotId]));
      const timeslotOf = (post: DatedPost) => {
        const at = post.send_at?.getTime();
        if (at === undefined) return null;
        const isInside = at >= from.getTime() && at < to.getTime();
        // A post may have gone out days after its time, which is then outside of the window.
        return (isInside ? slotOf.get(at) : calendar.slotAt(at)) ?? null;
      };
      const entries: Entry[] = [
        ...openEntries(occurrences, posts, now),
        ...posts.map((post) => ({
          at: post.listed_at.getTime(),
          status: statuses[post.status as keyof typeof statuses],
          timeslotId: timeslotOf(post),
          postId: post.id,
        })),
      ];
      return {
        schedule: entries
          .sort((a, b) => a.at - b.at)
          .map((entry) => ({ ...entry, at: Math.floor(entry.at / 1000) })),
        window: { from: toUnixSeconds(from), to: toUnixSeconds(to) },
      };
    },
  };
}

/** With `at` in milliseconds. */
type Entry = ScheduleEntry;

/** What the posts' statuses are called here; drafts have no time. */
const statuses = {
  queued: 'scheduled',
  uploading: 'publishing',
  sent: 'published',
  failed: 'failed',
} as const;

function openEntries(occurrences: readonly Occurrence[], posts: readonly DatedPost[], now: Date): Entry[] {
  const holding = posts.filter(takesSlot);
  const held = new Set(holding.map((post) => post.listed_at.getTime()));
  return occurrences
    .filter(({ at }) => at > now.getTime() && !held.has(at))
    .map(({ at, slotId }) => ({ at, status: 'open', timeslotId: slotId, postId: null }));
}

function checkWindow(window: ScheduleWindow, now: Date): { from: Date; to: Date } {
  const from = window.from ?? now;
  const to = window.to ?? addMs(from, scheduleDaysDefault * dayMs);
  if (to <= from) {
    const message = 'Must be after "from", which is now by default.';
    throw invalidQuery([{ path: 'to', code: 'before_from', message }]);
  }
  if (to.getTime() - from.getTime() > scheduleDaysMax * dayMs) {
    const message = `Must be at most ${scheduleDaysMax} days after "from". Ask for one window after the other.`;
    throw invalidQuery([{ path: 'to', code: 'window_too_long', message }]);
  }
  return { from, to };
}

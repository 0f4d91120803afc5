// The functions for rooms that schedule posts: find or claim the next open slot, and check the spacing of a time.
import { addMs } from '../../platform/clock.ts';
import type { Connection, Tx } from '../../platform/db/index.ts';
import { type AccountRow, accountNotFound } from '../accounts/index.ts';
import { destinationKey } from './calendar/destination-key.ts';
import { findOpenSlot } from './calendar/next-open-slot.ts';
import { createSlotCalendar } from './calendar/occurrences.ts';
import { dayMs } from './calendar/wall-clock.ts';
import type { ScheduleParts } from './parts.ts';
import { noOpenSlot, noTimeslots } from './schedule.errors.ts';
import { listPlaced, lockSchedule } from './schedule.queries.ts';
import {
  findSpacingRule,
  listDestinationTimes,
  readSpacing,
  readSpacings,
  type SpacingLook,
} from './spacing.queries.ts';
import { listSlotTimes } from './timeslots.queries.ts';

/** How far ahead the search for a slot goes (docs/api-contract.md#schedule). */
const horizonMs = 365 * dayMs;

export interface ClaimInput {
  /** The destination of the post, whose spacing rule applies. */
  url: string | null;
  now: Date;
  /** The earliest time of the slot. */
  notBefore?: Date;
  /** The post to be placed: the slot that it has now counts as open. */
  exceptPostId?: string;
}

export interface SpacingInput {
  url: string;
  at: Date;
  exceptPostId?: string;
}

export type ScheduleService = ReturnType<typeof bindSchedule>;

/** The functions of this room that other rooms use, bound to its parts. */
export function bindSchedule({ trackingParameters }: Pick<ScheduleParts, 'trackingParameters'>) {
  const keyOf = (url: string) => destinationKey(url, trackingParameters);
  return {
    /** The URL as spacing rules compare it; stored with each post in posts.destination_key. */
    destinationKey: keyOf,

    /**
     * Finds the account's earliest future slot that no queued post or post in flight has, and that spacing rule and
     * daily limit allow. Does not claim it: another caller may get the slot first.
     * @throws noTimeslots, noOpenSlot
     */
    findNextOpenSlot: (connection: Connection, account: AccountRow, claim: ClaimInput) =>
      findNextOpenSlot(connection, account, claim, keyOf),

    /**
     * Claims the slot that `findNextOpenSlot` finds: other claims wait until the transaction ends, in which the caller must
     * assign this time to a post.
     * @throws noTimeslots, noOpenSlot; accountNotFound if it was disconnected in the meantime
     */
    async claimNextOpenSlot(tx: Tx, account: AccountRow, claim: ClaimInput): Promise<Date> {
      const locked = await lockSchedule(tx, account.id);
      if (!locked) throw accountNotFound();
      // Each query begins after the lock was granted, and so sees what earlier claims have committed.
      return findNextOpenSlot(tx, { ...account, daily_pin_limit: locked.daily_pin_limit }, claim, keyOf);
    },

    nextOccurrence,

    /** Finds the posts with the same destination that are closer to a time than the spacing rule allows. */
    lookAtSpacing(
      connection: Connection,
      account: AccountRow,
      { url, at, exceptPostId }: SpacingInput,
    ): Promise<SpacingLook> {
      return readSpacing(connection, {
        accountId: account.id,
        destinationKey: keyOf(url),
        at,
        exceptPostId: exceptPostId ?? null,
      });
    },

    /** The same for several posts, in one statement. */
    lookAtSpacings(
      connection: Connection,
      account: AccountRow,
      posts: readonly Pick<SpacingInput, 'url' | 'at'>[],
    ): Promise<SpacingLook[]> {
      const questions = posts.map(({ url, at }) => ({ destinationKey: keyOf(url), at }));
      return readSpacings(connection, account.id, questions);
    },
  };
}

/** The next time of any timeslot after a moment, whether a post has it or not; null without timeslots. */
async function nextOccurrence(
  connection: Connection,
  account: AccountRow,
  after: Date,
): Promise<Date | null> {
  const slots = await listSlotTimes(connection, account.id);
  const next = createSlotCalendar(slots).firstAfter(after.getTime());
  return next && new Date(next.at);
}

async function findNextOpenSlot(
  connection: Connection,
  account: AccountRow,
  claim: ClaimInput,
  keyOf: (url: string) => string,
): Promise<Date> {
  const slots = await listSlotTimes(connection, account.id);
  if (slots.length === 0) {
    const message = 'Create timeslots first, or send a time.';
    throw noTimeslots([{ path: '', code: 'no_timeslots', message }]);
  }
  const exceptPostId = claim.exceptPostId ?? null;
  const from = new Date(Math.max(claim.now.getTime() + 1, claim.notBefore?.getTime() ?? 0));
  const until = addMs(from, horizonMs);
  const period = { from, until, exceptPostId };
  const spacing =
    claim.url === null ? null : await spacingOf(connection, account.id, keyOf(claim.url), period);
  const at = await findOpenSlot({
    calendar: createSlotCalendar(slots),
    from: from.getTime(),
    until: until.getTime(),
    dailyLimit: account.daily_pin_limit,
    spacing,
    readPlaced: (placedFrom, placedUntil) =>
      listPlaced(connection, {
        accountId: account.id,
        from: new Date(placedFrom),
        until: new Date(placedUntil),
        withSent: account.daily_pin_limit !== null,
        exceptPostId,
      }),
  });
  if (at === null) {
    const message = `Up to ${until.toISOString()} every timeslot is taken, too near to a post with the same url, or over the daily limit.`;
    throw noOpenSlot([{ path: '', code: 'no_open_slot', message }]);
  }
  return new Date(at);
}

/** The distance that the destination's rule requires, and the times that count; null without a rule. */
async function spacingOf(
  connection: Connection,
  accountId: string,
  destination: string,
  { from, until, exceptPostId }: { from: Date; until: Date; exceptPostId: string | null },
) {
  const rule = await findSpacingRule(connection, accountId, destination);
  if (!rule) return null;
  const distanceMs = rule.min_days * dayMs;
  const times = await listDestinationTimes(connection, {
    accountId,
    destinationKey: destination,
    after: addMs(from, -distanceMs),
    before: addMs(until, distanceMs),
    exceptPostId,
  });
  return { distanceMs, times: times.map((time) => time.getTime()) };
}

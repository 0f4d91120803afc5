// Use cases for the rooms that place posts: the next open slot, the next occurrence, and what stands too near.
import { addMs } from '../../platform/clock.ts';
import type { Connection, Tx } from '../../platform/db/index.ts';
import { type AccountRow, accountNotFound } from '../accounts/index.ts';
import { destinationKey } from './calendar/destination-key.ts';
import { findOpenSlot } from './calendar/next-open-slot.ts';
import { createSlotCalendar } from './calendar/occurrences.ts';
import { dayMs } from './calendar/wall-clock.ts';
import { noOpenSlot, noTimeslots } from './schedule.errors.ts';
import { listPlaced, lockAccount } from './schedule.queries.ts';
import { findSpacingRule, listDestinationTimes, readSpacing, type SpacingLook } from './spacing.queries.ts';
import { listSlotTimes } from './timeslots.queries.ts';

/** How far ahead a slot is looked for (docs/api-contract.md#schedule). */
const horizonMs = 365 * dayMs;

export interface ClaimInput {
  /** Where the post leads: its spacing rule counts. */
  url: string | null;
  now: Date;
  /** The slot is not to be before this. */
  notBefore?: Date;
  /** The post that is to be placed: what it holds now does not stand in its own way. */
  exceptPostId?: string;
}

export interface SpacingInput {
  url: string;
  at: Date;
  exceptPostId?: string;
}

export function createOpenSlots({ trackingParameters }: { trackingParameters: readonly string[] }) {
  const keyOf = (url: string) => destinationKey(url, trackingParameters);

  async function findSpacing(
    connection: Connection,
    accountId: string,
    { url, from, until, exceptPostId }: { url: string; from: Date; until: Date; exceptPostId: string | null },
  ) {
    const rule = await findSpacingRule(connection, accountId, keyOf(url));
    if (!rule) return null;
    const distanceMs = rule.min_days * dayMs;
    const times = await listDestinationTimes(connection, {
      accountId,
      destinationKey: keyOf(url),
      after: addMs(from, -distanceMs),
      before: addMs(until, distanceMs),
      exceptPostId,
    });
    return { distanceMs, times: times.map((time) => time.getTime()) };
  }

  async function findNextOpenSlot(
    connection: Connection,
    account: AccountRow,
    claim: ClaimInput,
  ): Promise<Date> {
    const slots = await listSlotTimes(connection, account.id);
    if (slots.length === 0) {
      throw noTimeslots([
        { path: '', code: 'no_timeslots', message: 'Make timeslots first, or send a time.' },
      ]);
    }
    const exceptPostId = claim.exceptPostId ?? null;
    const from = new Date(Math.max(claim.now.getTime() + 1, claim.notBefore?.getTime() ?? 0));
    const until = addMs(from, horizonMs);
    const found = await findOpenSlot({
      calendar: createSlotCalendar(slots),
      from: from.getTime(),
      until: until.getTime(),
      dailyLimit: account.daily_pin_limit,
      spacing:
        claim.url === null
          ? null
          : await findSpacing(connection, account.id, { url: claim.url, from, until, exceptPostId }),
      readPlaced: (placedFrom, placedUntil) =>
        listPlaced(connection, {
          accountId: account.id,
          from: new Date(placedFrom),
          until: new Date(placedUntil),
          withSent: account.daily_pin_limit !== null,
          exceptPostId,
        }),
    });
    if (found === null) {
      throw noOpenSlot([
        {
          path: '',
          code: 'no_open_slot',
          message: `Up to ${until.toISOString()} every timeslot is taken, too near to a post with the same url, or over the daily limit.`,
        },
      ]);
    }
    return new Date(found);
  }

  return {
    /** The url as the spacing rules compare it; kept with each post in posts.destination_key. */
    destinationKey: keyOf,

    /**
     * The earliest occurrence after now of any slot that no queued or post in flight of the account holds and that
     * spacing rule and daily limit allow. Only a look: another caller may get it first.
     * @throws noTimeslots, noOpenSlot
     */
    findNextOpenSlot,

    /**
     * The same, claimed: others who claim wait until the transaction ends, and the caller gives a post this moment
     * in it.
     * @throws noTimeslots, noOpenSlot
     */
    async claimNextOpenSlot(tx: Tx, account: AccountRow, claim: ClaimInput): Promise<Date> {
      const locked = await lockAccount(tx, account.id);
      if (!locked) throw accountNotFound();
      // Each query of the look sees what earlier claims have committed, because it begins after the lock was given.
      return findNextOpenSlot(tx, { ...account, daily_pin_limit: locked.daily_pin_limit }, claim);
    },

    /** The next moment of any timeslot after another moment, held or not; null without timeslots. */
    async nextOccurrence(connection: Connection, account: AccountRow, after: Date): Promise<Date | null> {
      const slots = await listSlotTimes(connection, account.id);
      const next = createSlotCalendar(slots).firstAfter(after.getTime());
      return next && new Date(next.at);
    },

    /** Whether a time that was given is right by the spacing rules. */
    async lookAtSpacing(
      connection: Connection,
      account: AccountRow,
      { url, at, exceptPostId }: SpacingInput,
    ): Promise<SpacingLook> {
      const destinationKey = keyOf(url);
      return readSpacing(connection, {
        accountId: account.id,
        destinationKey,
        at,
        exceptPostId: exceptPostId ?? null,
      });
    },
  };
}

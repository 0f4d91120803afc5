// Use cases of timeslots. None of them touches a post: what is placed stays where it is.

import { newId } from '../../domain/ids.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/db/index.ts';
import type { Caller, Commit } from '../../platform/use-case/index.ts';
import type { AccountRow, AccountsService } from '../accounts/index.ts';
import { spreadSlots } from './rebuild.ts';
import { timeslotExists, timeslotNotFound, tooManyTimeslots } from './schedule.errors.ts';
import { lockAccount } from './schedule.queries.ts';
import {
  deleteTimeslots,
  insertTimeslots,
  listTimeslots,
  type TimeslotRow,
  updateTimeslot,
} from './timeslots.queries.ts';
import {
  type CreateTimeslot,
  type RebuildTimeslots,
  toMinutes,
  toTimeslotViews,
  type UpdateTimeslot,
} from './timeslots.schema.ts';

export interface TimeslotsParts {
  database: Database;
  clock: Clock;
  accounts: AccountsService;
}

export interface TimeslotPath {
  accountId: string;
  timeslotId: string;
}

/** A hundred and forty a day; each look for an open slot reads them all. */
const timeslotsMax = 1000;

export function createTimeslots({ database, clock, accounts }: TimeslotsParts) {
  /** The account and its slots, which nobody else changes until the transaction ends. */
  async function lockSlots(tx: Tx, caller: Caller, accountId: string) {
    const account = await accounts.get(tx, caller, accountId);
    await lockAccount(tx, account.id);
    return { account, slots: await listTimeslots(tx, account.id) };
  }

  function findIn(slots: readonly TimeslotRow[], id: string): TimeslotRow {
    const slot = slots.find((candidate) => candidate.id === id);
    if (!slot) throw timeslotNotFound();
    return slot;
  }

  function refuseTaken(slots: readonly TimeslotRow[], wanted: SlotTime & { id?: string }): void {
    const other = slots.find((slot) => isSameTime(slot, wanted) && slot.id !== wanted.id);
    if (!other) return;
    throw timeslotExists([{ path: '', code: 'timeslot_exists', message: `It is ${other.id}.` }]);
  }

  return {
    async listTimeslots(caller: Caller, accountId: string) {
      const account = await accounts.get(database.db, caller, accountId);
      const now = clock.now();
      const rows = await listTimeslots(database.db, account.id);
      return { timeslots: toTimeslotViews(rows, now) };
    },

    async createTimeslot(caller: Caller, accountId: string, input: CreateTimeslot, commit: Commit) {
      return commit(async (tx) => {
        const { account, slots } = await lockSlots(tx, caller, accountId);
        const now = clock.now();
        const row: TimeslotRow = {
          ...newRow(account, now),
          day_preference: input.dayPreference,
          minute_of_day: toMinutes(input.timePreference),
          timezone: input.timezone ?? account.timezone,
          type: 'custom',
        };
        refuseTaken(slots, row);
        if (slots.length >= timeslotsMax) {
          const message = `It has ${slots.length}; ${timeslotsMax} is the most.`;
          throw tooManyTimeslots([{ path: '', code: 'too_many_timeslots', message }]);
        }
        await insertTimeslots(tx, [row]);
        return answer(row, now);
      });
    },

    async updateTimeslot(caller: Caller, path: TimeslotPath, input: UpdateTimeslot, commit: Commit) {
      return commit(async (tx) => {
        const { slots } = await lockSlots(tx, caller, path.accountId);
        const slot = findIn(slots, path.timeslotId);
        const now = clock.now();
        const time: SlotTime = {
          day_preference: input.dayPreference ?? slot.day_preference,
          minute_of_day:
            input.timePreference === undefined ? slot.minute_of_day : toMinutes(input.timePreference),
          timezone: input.timezone ?? slot.timezone,
        };
        if (isSameTime(slot, time)) return answer(slot, now);
        refuseTaken(slots, { ...time, id: slot.id });
        const row = await updateTimeslot(tx, slot, { ...time, type: 'custom', updated_at: now });
        return answer(row, now);
      });
    },

    async deleteTimeslot(caller: Caller, path: TimeslotPath, commit: Commit) {
      return commit(async (tx) => {
        const { account, slots } = await lockSlots(tx, caller, path.accountId);
        const slot = findIn(slots, path.timeslotId);
        await deleteTimeslots(tx, account.id, [slot.id]);
        return { data: { deleted: true as const, id: slot.id } };
      });
    },

    /** Puts a regular week in the place of all slots. One that stands at a new time already stays what it is. */
    async rebuildTimeslots(caller: Caller, accountId: string, input: RebuildTimeslots, commit: Commit) {
      return commit(async (tx) => {
        const { account, slots } = await lockSlots(tx, caller, accountId);
        const now = clock.now();
        const timezone = input.timezone ?? account.timezone;
        const wanted = spreadSlots({
          perDay: input.perDay,
          days: input.days,
          fromMinute: toMinutes(input.from),
          toMinute: toMinutes(input.to),
        }).map((time) => ({ ...time, timezone }));
        const planned = wanted.map(
          (time): TimeslotRow =>
            slots.find((slot) => isSameTime(slot, time)) ?? {
              ...newRow(account, now),
              ...time,
              type: 'optimal',
            },
        );
        const added = planned.filter((row) => !slots.includes(row));
        const removed = slots.filter((slot) => !planned.includes(slot));
        if (!input.dryRun) {
          await deleteTimeslots(
            tx,
            account.id,
            removed.map((slot) => slot.id),
          );
          await insertTimeslots(tx, added);
        }
        const shown = planned.map((row) => ({
          ...row,
          id: input.dryRun && added.includes(row) ? null : row.id,
        }));
        return {
          data: {
            timeslots: toTimeslotViews(shown, now),
            dryRun: input.dryRun,
            kept: planned.length - added.length,
            added: added.length,
            removed: removed.length,
          },
        };
      });
    },
  };
}

function answer(row: TimeslotRow, now: Date) {
  const [timeslot] = toTimeslotViews([row], now);
  if (!timeslot) throw new Error('one timeslot makes one view');
  return { data: { timeslot } };
}

type SlotTime = Pick<TimeslotRow, 'day_preference' | 'minute_of_day' | 'timezone'>;

function isSameTime(a: SlotTime, b: SlotTime): boolean {
  return (
    a.day_preference === b.day_preference && a.minute_of_day === b.minute_of_day && a.timezone === b.timezone
  );
}

function newRow(account: AccountRow, now: Date) {
  return { id: newId('slot'), account_id: account.id, created_at: now, updated_at: now };
}

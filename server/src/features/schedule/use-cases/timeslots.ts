// Timeslots: the times of the week at which an account posts. No use case here changes a post: scheduled posts keep
// their times.
import { newId } from '../../../domain/ids.ts';
import type { Tx } from '../../../platform/db/index.ts';
import type { Caller, Context } from '../../../platform/use-case/index.ts';
import { type AccountRow, getAccount } from '../../accounts/index.ts';
import { spreadSlots } from '../calendar/spread-slots.ts';
import type { ScheduleParts } from '../parts.ts';
import { timeslotExists, timeslotNotFound, tooManyTimeslots } from '../schedule.errors.ts';
import { lockSchedule } from '../schedule.queries.ts';
import {
  deleteTimeslots,
  insertTimeslots,
  listTimeslotRows,
  type TimeslotRow,
  updateTimeslotRow,
} from '../timeslots.queries.ts';
import {
  type CreateTimeslot,
  type RebuildTimeslots,
  toMinutes,
  toTimeslotView,
  toTimeslotViews,
  type UpdateTimeslot,
} from '../timeslots.schema.ts';

export interface TimeslotPath {
  accountId: string;
  timeslotId: string;
}

/** The maximum number of timeslots, about 140 a day. Every search for an open slot reads all of them. */
const timeslotsMax = 1000;

/**
 * All timeslots of an account, in the order of the week.
 * @throws accountNotFound
 */
export async function listTimeslots({ database }: ScheduleParts, context: Context, accountId: string) {
  const account = await getAccount(database.db, context, accountId);
  const rows = await listTimeslotRows(database.db, account.id);
  return { data: { timeslots: toTimeslotViews(rows, context.clock.now()) } };
}

/** @throws accountNotFound, timeslotExists, tooManyTimeslots */
export async function createTimeslot(context: Context, accountId: string, input: CreateTimeslot) {
  return context.commit(async (tx) => {
    const { account, slots } = await lockSlots(tx, context, accountId);
    const now = context.clock.now();
    const row: TimeslotRow = {
      ...newRow(account, now),
      day_preference: input.dayPreference,
      minute_of_day: toMinutes(input.timePreference),
      timezone: input.timezone ?? account.timezone,
      type: 'custom',
    };
    refuseTaken(slots, row);
    if (slots.length >= timeslotsMax) {
      const message = `Limit reached: the account has ${slots.length} timeslots, at most ${timeslotsMax} are allowed.`;
      throw tooManyTimeslots([{ path: '', code: 'too_many_timeslots', message }]);
    }
    await insertTimeslots(tx, [row]);
    return { data: { timeslot: toTimeslotView(row, now) } };
  });
}

/** @throws accountNotFound, timeslotNotFound, timeslotExists */
export async function updateTimeslot(context: Context, path: TimeslotPath, input: UpdateTimeslot) {
  return context.commit(async (tx) => {
    const { slots } = await lockSlots(tx, context, path.accountId);
    const slot = findSlot(slots, path.timeslotId);
    const now = context.clock.now();
    const { timePreference } = input;
    const time: SlotTime = {
      day_preference: input.dayPreference ?? slot.day_preference,
      minute_of_day: timePreference === undefined ? slot.minute_of_day : toMinutes(timePreference),
      timezone: input.timezone ?? slot.timezone,
    };
    if (isSameTime(slot, time)) return { data: { timeslot: toTimeslotView(slot, now) } };
    refuseTaken(slots, { ...time, id: slot.id });
    const row = await updateTimeslotRow(tx, slot, { ...time, type: 'custom', updated_at: now });
    return { data: { timeslot: toTimeslotView(row, now) } };
  });
}

/** @throws accountNotFound, timeslotNotFound */
export async function deleteTimeslot(context: Context, path: TimeslotPath) {
  return context.commit(async (tx) => {
    const { account, slots } = await lockSlots(tx, context, path.accountId);
    const slot = findSlot(slots, path.timeslotId);
    await deleteTimeslots(tx, account.id, [slot.id]);
    return { data: { deleted: true as const, id: slot.id } };
  });
}

/**
 * Replaces all timeslots by a regular week. A timeslot that is at one of the new times keeps its id and type.
 * @throws accountNotFound
 */
export async function rebuildTimeslots(context: Context, accountId: string, input: RebuildTimeslots) {
  return context.commit(async (tx) => {
    const { account, slots } = await lockSlots(tx, context, accountId);
    const now = context.clock.now();
    const planned = plannedSlots(account, slots, input, now);
    const added = planned.filter((row) => !slots.includes(row));
    const removed = slots.filter((slot) => !planned.includes(slot));
    if (!input.dryRun) {
      const removedIds = removed.map((slot) => slot.id);
      await deleteTimeslots(tx, account.id, removedIds);
      await insertTimeslots(tx, added);
    }
    const isUnsaved = (row: TimeslotRow) => input.dryRun && added.includes(row);
    const shown = planned.map((row) => ({ ...row, id: isUnsaved(row) ? null : row.id }));
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
}

/** The regular week: the existing row where a slot has that time, else a new one. */
function plannedSlots(
  account: AccountRow,
  slots: readonly TimeslotRow[],
  input: RebuildTimeslots,
  now: Date,
): TimeslotRow[] {
  const { perDay, days, timezone = account.timezone } = input;
  const times = spreadSlots({
    perDay,
    days,
    fromMinute: toMinutes(input.from),
    toMinute: toMinutes(input.to),
  });
  return times.map((time) => {
    const existing = slots.find((slot) => isSameTime(slot, { ...time, timezone }));
    return existing ?? { ...newRow(account, now), ...time, timezone, type: 'optimal' };
  });
}

/** The account and its timeslots, which no other transaction can change until this one ends. */
async function lockSlots(tx: Tx, caller: Caller, accountId: string) {
  const account = await getAccount(tx, caller, accountId);
  await lockSchedule(tx, account.id);
  return { account, slots: await listTimeslotRows(tx, account.id) };
}

function findSlot(slots: readonly TimeslotRow[], id: string): TimeslotRow {
  const slot = slots.find((candidate) => candidate.id === id);
  if (!slot) throw timeslotNotFound();
  return slot;
}

function refuseTaken(slots: readonly TimeslotRow[], wanted: SlotTime & { id?: string }): void {
  const existing = slots.find((slot) => isSameTime(slot, wanted) && slot.id !== wanted.id);
  if (!existing) return;
  const message = `The timeslot at this time is ${existing.id}.`;
  throw timeslotExists([{ path: '', code: 'timeslot_exists', message }]);
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

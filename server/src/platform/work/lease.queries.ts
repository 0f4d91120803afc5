// Leases in the database: the right of one process to work on a row until a time.
import type { RawBuilder } from 'kysely';
import { addMs } from '../clock.ts';
import { sql } from '../db/index.ts';

/** Clocks of processes may differ by this factor of a lease before one of them takes the other's lease for impossible. */
const slack = 2;

/**
 * SQL: whether a lease can be taken. It has none, it has expired, or it is further ahead than a lease can be: then the clock
 * was set back after it was granted, and without this rule nobody would work on the row until the old time is reached again.
 * The fence of the row keeps a former holder from writing.
 * @param until The column with the end of the lease
 * @param leaseMs The length of a lease
 */
export function leaseHasEnded(until: RawBuilder<unknown>, now: Date, leaseMs: number): RawBuilder<boolean> {
  return sql<boolean>`(${until} is null or ${until} <= ${now} or ${isImpossible(until, now, leaseMs)})`;
}

/** SQL: whether a lease ends later than any lease that is granted now. */
export function isImpossible(until: RawBuilder<unknown>, now: Date, leaseMs: number): RawBuilder<boolean> {
  return sql<boolean>`${until} > ${addMs(now, slack * leaseMs)}`;
}

/** SQL: the end of a renewed lease. A renewal never shortens a lease, unless its end was impossible. */
export function renewedUntil(until: RawBuilder<unknown>, renewed: Date, leaseMs: number): RawBuilder<Date> {
  return sql<Date>`case when ${isImpossible(until, renewed, leaseMs)} then ${renewed}::timestamptz
    else greatest(${until}, ${renewed}::timestamptz) end`;
}

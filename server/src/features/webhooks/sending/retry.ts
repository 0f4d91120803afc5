// When a delivery is attempted again, and when an endpoint is paused. Pure functions.
import { addMs } from '../../../platform/clock.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Before the second attempt, the third, and so on; the last one repeats. */
const delaysMs = [5 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute, hour, 2 * hour, 4 * hour];
/** Spreads the deliveries of an outage. */
const jitter = 0.2;

/** A delivery is given up this long after it was due first. */
export const deliveryLifeMs = 3 * day;
/** An endpoint that has accepted no delivery for this long is disabled. */
export const endpointPatienceMs = 3 * day;

/** After this many failures in a row the endpoint is considered to fail, and not a delivery. */
export const failuresToQuiet = 5;
const quietMsFirst = 10 * second;
const quietMsMax = 15 * minute;

/** @param attempts The number of attempts so far. @returns Null after the last one. */
export function nextAttemptAt(
  attempts: number,
  { now, expiresAt, random }: { now: Date; expiresAt: Date; random: () => number },
): Date | null {
  const delayMs = delaysMs[Math.min(attempts, delaysMs.length) - 1] ?? 0;
  const next = addMs(now, jittered(delayMs, random));
  return next < expiresAt ? next : null;
}

/** How long an endpoint is paused after this many failures in a row; null while a single delivery may be the cause. */
export function quietMs(failures: number, random: () => number): number | null {
  if (failures < failuresToQuiet) return null;
  const doublings = Math.min(failures - failuresToQuiet, 20);
  return jittered(Math.min(quietMsFirst * 2 ** doublings, quietMsMax), random);
}

function jittered(ms: number, random: () => number): number {
  return Math.round(ms * (1 - jitter + 2 * jitter * random()));
}

// When a delivery is tried again, and when an endpoint is left in peace. Pure.
import { addMs } from '../../../platform/clock.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Before the second attempt, the third, and so on; the last one repeats. */
const delaysMs = [5 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute, hour, 2 * hour, 4 * hour];
/** So that the deliveries of an outage do not come back all at once. */
const jitter = 0.2;

/** A delivery is given up so long after it was due first. */
export const deliveryLifeMs = 3 * day;
/** An endpoint that has taken nothing for so long is disabled. */
export const endpointPatienceMs = 3 * day;

/** After so many failures in a row it is the endpoint that fails, not a delivery. */
export const failuresToQuiet = 5;
const quietMsFirst = 10 * second;
const quietMsMax = 15 * minute;

/** @param attempts How many were made. @returns Null where there is no next one. */
export function nextAttemptAt(
  attempts: number,
  { now, expiresAt, random }: { now: Date; expiresAt: Date; random: () => number },
): Date | null {
  const delayMs = delaysMs[Math.min(attempts, delaysMs.length) - 1] ?? 0;
  const next = addMs(now, jittered(delayMs, random));
  return next < expiresAt ? next : null;
}

/** How long nothing is sent to an endpoint that has failed so often in a row; null while it may be one delivery's fault. */
export function quietMs(failures: number, random: () => number): number | null {
  if (failures < failuresToQuiet) return null;
  const doublings = Math.min(failures - failuresToQuiet, 20);
  return jittered(Math.min(quietMsFirst * 2 ** doublings, quietMsMax), random);
}

function jittered(ms: number, random: () => number): number {
  return Math.round(ms * (1 - jitter + 2 * jitter * random()));
}

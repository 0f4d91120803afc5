// A lease in the process that has it: the right to work on something until a time. The database decides which process
// has the lease (each table of work has a fence); this is the state in the process between two statements.
import { addMs, type Cancel, type Clock } from '../clock.ts';
import type { Log } from '../log.ts';

export interface Lease {
  /**
   * Returns true if the lease is valid according to our clock. Call it before anything that cannot be undone: another
   * process may have taken over while this one was suspended. Once false, it stays false.
   */
  isHeld(): boolean;
  /** Records a renewal. */
  renew(until: Date): void;
  /** Records that another process has acquired the lease. */
  lose(): void;
}

/** Creates the state of a lease that was just acquired. */
export function createLease(clock: Clock, until: Date): Lease {
  let isLost = false;
  return {
    isHeld() {
      isLost ||= clock.now() >= until;
      return !isLost;
    },
    renew(renewedUntil) {
      // Responses to renewals may arrive in a different order.
      if (renewedUntil > until) until = renewedUntil;
    },
    lose() {
      isLost = true;
    },
  };
}

/** The longest lease that the setting PINTAIL_LEASE_SECONDS allows. */
export const longestLeaseMs = 300_000;

/** The number of renewals during the time of one lease. */
const renewalsPerLease = 4;

export interface RenewalParts<Item> {
  clock: Clock;
  log: Log;
  leaseMs: number;
  /** Renews the leases in the database that this process still has. Returns their items. */
  renew(items: readonly Item[], leaseUntil: Date): Promise<readonly Item[]>;
}

/** Renews leases until canceled. @param current Returns the leases, called before each renewal */
export function renewLeases<Item>(
  { clock, log, leaseMs, renew }: RenewalParts<Item>,
  current: () => ReadonlyMap<Item, Lease>,
): Cancel {
  async function renewAll(): Promise<void> {
    const leases = new Map(current());
    if (leases.size === 0) return;
    const leaseUntil = addMs(clock.now(), leaseMs);
    const ours = new Set(await renew([...leases.keys()], leaseUntil));
    for (const [item, lease] of leases) {
      if (ours.has(item)) lease.renew(leaseUntil);
      else lease.lose();
    }
  }
  return clock.every(leaseMs / renewalsPerLease, () => {
    renewAll().catch((error: unknown) => log.warn({ err: error }, 'leases could not be renewed'));
  });
}

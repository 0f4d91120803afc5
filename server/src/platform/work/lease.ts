// A lease: the right to work on something until a time, as the process that has it sees it. The database decides who has
// it (each table of work has a fence); this is what the process knows between two statements.
import { addMs, type Cancel, type Clock } from '../clock.ts';
import type { Log } from '../log.ts';

export interface Lease {
  /**
   * Whether the lease is valid, by our own clock. Call it before anything that cannot be undone: a process that was
   * suspended may wake up after others have resolved what it was about to do. Once false it stays false.
   */
  isHeld(): boolean;
  /** It was renewed until then. */
  renew(until: Date): void;
  /** Another lease has followed. */
  lose(): void;
}

/** A lease that was just acquired. */
export function createLease(clock: Clock, until: Date): Lease {
  let isLost = false;
  return {
    isHeld() {
      isLost ||= clock.now() >= until;
      return !isLost;
    },
    renew(renewedUntil) {
      // A later renewal may have been answered before this one.
      if (renewedUntil > until) until = renewedUntil;
    },
    lose() {
      isLost = true;
    },
  };
}

/** A lease is renewed this many times before it would expire. */
const renewalsPerLease = 4;

export interface RenewalParts<Item> {
  clock: Clock;
  log: Log;
  leaseMs: number;
  /** Renews the leases that are still ours in the database. Returns their items. */
  renew(items: readonly Item[], leaseUntil: Date): Promise<readonly Item[]>;
}

/** Renews the leases until cancelled. @param current The leases as they are at each renewal. */
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

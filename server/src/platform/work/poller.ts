// Polls a table for due work, leases it, serves it with the lease, and polls again. Used for lanes, video uploads and
// webhook endpoints. All statements are in the functions that are passed to it.
//
// ## The modes of a poller
//
//   off          Polls only for `runDue`: before `start`, and after `stop`.
//   waiting      A timer runs until the next poll.
//   polling      A claim is running, and then the read of the next wake-up. One poll at a time.
//   backing off  The last poll failed. A timer runs until the retry.
//
// and every transition between them:
//
//   off → polling          `start`.
//   waiting → polling      The timer fires; or `wake`: after a notification, or when an item is finished, because there is
//                          capacity again and the item may have more work.
//   waiting → waiting      `wake` before the end of the spacing: the timer is set to its end. Under load, many items become
//                          due between two polls and are claimed together.
//   polling → waiting      The claim returned. The timer is set to the time when the next item is due, at most `pollMs` from
//                          now. Without free capacity that time is not read: the next finished item wakes the poller.
//   polling → polling      `wake` was called during the poll, which may have missed an item: polls again when the spacing
//                          allows.
//   polling → backing off  The claim failed, which is logged. The timer is set to 250 ms, doubled after each further failure,
//                          at most `pollMs`. `wake` does not shorten it, because the database is probably unavailable.
//   backing off → polling  The timer fires.
//   any → off              `stop`. A running poll completes, and the items that it claimed are served with `stopping`
//                          aborted, so that they are released immediately.
//
// `runDue` polls in any mode while work is due. It joins a running poll.
//
// ## The life of an item
//
//   leased     A claim returned it. Leases are renewed four times before they would expire, all items in one call.
//   lost       A renewal did not return it, our clock passed the end of its lease, or the same key was claimed again. `serve`
//              is not interrupted: it must call `lease.isHeld`, and the fence guards every write.
//   finished   `serve` has returned or thrown. An error is logged; nothing is written, and the lease expires unless `serve`
//              has released it. In both cases the poller wakes.
//
// `stop` waits for the items that are being served until the grace ends. Then renewals stop, and the remaining leases
// expire.
import { addMs, type Cancel, type Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { createLease, type Lease, renewLeases } from './lease.ts';
import { createPollTimer } from './poll-timer.ts';

export interface Claim<Item> {
  now: Date;
  leaseUntil: Date;
  /** The maximum number of items to claim. */
  limit: number;
  /** The items that are being served. */
  active: readonly Item[];
}

export interface Serving {
  lease: Lease;
  /** Aborted when the poller stops. `serve` should then finish soon. */
  stopping: AbortSignal;
}

export interface PollerParts<Item extends object> {
  clock: Clock;
  log: Log;
  /** The property that identifies an item, also in log lines. */
  key: keyof Item & string;
  /** The maximum number of items that are served at a time. */
  concurrency: number;
  leaseMs: number;
  /** The maximum time between two polls. */
  pollMs: number;
  /** Returns the minimum time between the starts of two polls while `active` items are being served. */
  spacingMs(active: number): number;
  /** Leases up to `limit` items that are due and not leased. Returns them. */
  claim(claim: Claim<Item>): Promise<Item[]>;
  /** Does the work and releases the lease. */
  serve(item: Item, serving: Serving): Promise<void>;
  /** Renews the leases that this process still has. Returns their items. */
  renew(items: readonly Item[], leaseUntil: Date): Promise<readonly Item[]>;
  /** Returns the time when the next item is due, or null if none is. Without it the poller polls every `pollMs`. */
  findNextWake?(now: Date): Promise<Date | null>;
  /** Called after each poll that did not fail. */
  polled?(): void;
}

export interface Poller {
  /** Serves items until none is due. Returns the number of items that it claimed. */
  runDue(): Promise<number>;
  start(): void;
  wake(): void;
  /** Stops claiming and waits for the items being served, at most `graceMs`. Returns the number of unfinished items. */
  stop(graceMs: number): Promise<number>;
}

export function createPoller<Item extends object>(parts: PollerParts<Item>): Poller {
  const { clock, log, concurrency, pollMs } = parts;
  const stopping = new AbortController();
  const work = createWork(parts, stopping.signal, () => timer.wake());
  let cancelRenewals: Cancel = () => {};
  let claiming: Promise<number> | null = null;

  async function claim(): Promise<number> {
    const now = clock.now();
    const leaseUntil = addMs(now, parts.leaseMs);
    const active = [...work.leases().keys()];
    const limit = concurrency - active.length;
    const claimed =
      limit > 0 && !stopping.signal.aborted ? await parts.claim({ now, leaseUntil, limit, active }) : [];
    for (const item of claimed) work.begin(item, leaseUntil);
    parts.polled?.();
    return claimed.length;
  }

  function claimOnce(): Promise<number> {
    claiming ??= claim().finally(() => {
      claiming = null;
    });
    return claiming;
  }

  async function poll(isWoken: () => boolean): Promise<number> {
    await claimOnce();
    if (!parts.findNextWake || isWoken() || work.leases().size >= concurrency) return pollMs;
    const now = clock.now();
    const next = await parts.findNextWake(now);
    return next === null ? pollMs : Math.min(Math.max(next.getTime() - now.getTime(), 0), pollMs);
  }

  const timer = createPollTimer({
    ...{ clock, pollMs, poll },
    spacingMs: () => parts.spacingMs(work.leases().size),
    failed: (error) => log.warn({ err: error, key: parts.key }, 'due work could not be claimed'),
  });

  return {
    async runDue() {
      const cancel = renewLeases(parts, work.leases);
      try {
        for (let served = 0; ; ) {
          const claimed = await claimOnce();
          served += claimed;
          if (claimed === 0 && work.leases().size === 0) return served;
          await work.finished();
        }
      } finally {
        cancel();
      }
    },
    start() {
      cancelRenewals = renewLeases(parts, work.leases);
      timer.start();
    },
    wake: timer.wake,
    async stop(graceMs) {
      stopping.abort();
      timer.stop();
      // A running claim may still lease items.
      const claimed = claiming?.catch(() => 0);
      await withinGrace(clock, graceMs, Promise.resolve(claimed).then(work.finished));
      cancelRenewals();
      return work.leases().size;
    },
  };
}

/** Serves items and holds their leases. */
function createWork<Item extends object>(parts: PollerParts<Item>, stopping: AbortSignal, wake: () => void) {
  const { clock, log, key } = parts;
  const leases = new Map<Item, Lease>();
  const serving = new Map<Item, Promise<void>>();

  async function serve(item: Item, lease: Lease): Promise<void> {
    try {
      await parts.serve(item, { lease, stopping });
    } catch (error) {
      log.error({ err: error, [key]: item[key] }, 'claimed work could not be served');
    }
    leases.delete(item);
    serving.delete(item);
    wake();
  }

  return {
    begin(item: Item, leaseUntil: Date): void {
      for (const [earlier, lease] of leases) {
        if (earlier[key] !== item[key]) continue;
        // The item was claimed again, so its earlier lease had expired.
        lease.lose();
        leases.delete(earlier);
        serving.delete(earlier);
      }
      const lease = createLease(clock, leaseUntil);
      leases.set(item, lease);
      serving.set(item, serve(item, lease));
    },
    leases: (): ReadonlyMap<Item, Lease> => leases,
    async finished(): Promise<void> {
      await Promise.all(serving.values());
    },
  };
}

async function withinGrace(clock: Clock, graceMs: number, work: Promise<unknown>): Promise<void> {
  let cancel: Cancel = () => {};
  const graceOver = new Promise<void>((resolve) => {
    cancel = clock.after(graceMs, resolve);
  });
  await Promise.race([work, graceOver]);
  cancel();
}

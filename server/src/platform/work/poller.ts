// The engine for claimed work: polls a table for what is due, leases it, serves it under the lease, and polls again.
// Lanes, video uploads and webhook endpoints run on it. It reads and writes nothing itself: its functions are passed in.
//
// ## The modes of a poller
//
//   off          Polls only for `runDue`: before `start`, and after `stop`.
//   waiting      A timer runs until the next poll.
//   polling      A claim is under way, and then the read of the next wake-up. One poll at a time.
//   backing off  The last poll failed. A timer runs until the next try.
//
// and every way between them:
//
//   off → polling          `start`.
//   waiting → polling      The timer fires; or `wake`: a notification came, or an item was finished, so that there is room
//                          and its owner may have more work.
//   waiting → waiting      `wake` sooner after the last poll than the spacing: the timer is set to the end of the spacing.
//                          With much to do many items become due between two polls, and are claimed together.
//   polling → waiting      The claim returned. The timer is set to the moment when something is due next, at most `pollMs`
//                          away. With no room left that moment is not read: the next item that is finished wakes.
//   polling → polling      `wake` was called during the poll, which may have missed what became due: polls again when the
//                          spacing allows.
//   polling → backing off  The claim failed, which is logged. The timer is set to 250 ms, twice as much after each further
//                          failure, at most `pollMs`. `wake` does not shorten it, because the database is probably unavailable.
//   backing off → polling  The timer fires.
//   any → off              `stop`. A poll that is under way completes, and what it claimed is served with `stopping`
//                          aborted, so that it is released at once.
//
// `runDue` polls in any mode, as long as there is something due; it joins a poll that is under way.
//
// ## The life of an item
//
//   leased     By a claim. Its lease is renewed four times per lease, with those of all other items in one call.
//   lost       A renewal did not return it, our clock passed the end of its lease, or the same key was claimed again. It is
//              served to its end all the same; `lease.isHeld` is for `serve` to call, and the fence guards every write.
//   finished   `serve` has returned, or thrown. An error is logged; nothing is written, and the lease expires unless `serve`
//              has released it. Either way the poller wakes.
//
// `stop` waits for the items being served until the grace ends; then renewals end, and the leases of the rest expire.
import { addMs, type Cancel, type Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { createLease, type Lease, renewLeases } from './lease.ts';
import { createPollTimer } from './poll-timer.ts';

export interface Claim<Item> {
  now: Date;
  leaseUntil: Date;
  /** How many there is room for. */
  limit: number;
  /** The items that are being served. */
  active: readonly Item[];
}

export interface Serving {
  lease: Lease;
  /** Aborted when the poller stops: finish soon. */
  stopping: AbortSignal;
}

export interface PollerParts<Item extends object> {
  clock: Clock;
  log: Log;
  /** The property that identifies an item; its name is the one in the log. */
  key: keyof Item & string;
  /** How many items are served at a time. */
  concurrency: number;
  leaseMs: number;
  /** Polls at least this often. */
  pollMs: number;
  /** The minimum between the starts of two polls, while this many items are being served. */
  spacingMs(active: number): number;
  /** Leases items that are due and not leased, up to `limit`. */
  claim(claim: Claim<Item>): Promise<Item[]>;
  /** Does the work, and releases the lease. */
  serve(item: Item, serving: Serving): Promise<void>;
  /** Renews the leases that are still ours. Returns their items. */
  renew(items: readonly Item[], leaseUntil: Date): Promise<readonly Item[]>;
  /** When something will be due next; null for never. Without it the poller polls each `pollMs`. */
  findNextWake?(now: Date): Promise<Date | null>;
  /** Called after each poll that did not fail. */
  polled?(): void;
}

export interface Poller {
  /** Serves everything that is due now, and resolves when nothing is. Returns how many items it claimed. */
  runDue(): Promise<number>;
  start(): void;
  wake(): void;
  /** Claims nothing more, and waits for what is being served until the grace ends. Returns how many items are left. */
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
      // A claim that is under way leases items too.
      const claimed = claiming?.catch(() => 0);
      await withinGrace(clock, graceMs, Promise.resolve(claimed).then(work.finished));
      cancelRenewals();
      return work.leases().size;
    },
  };
}

/** The items that are being served. */
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
        // We have claimed it again, so that lease had expired.
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

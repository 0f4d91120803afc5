// Turns events of the log into deliveries: one for each webhook that subscribes to the event. Polls each second while
// there are webhooks, and rarely otherwise. Any number of processes may run it.

import { eventTypes } from '../../../domain/event-types.ts';
import { addMs, type Cancel, type Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/db/index.ts';
import type { Log } from '../../../platform/log.ts';
import {
  expireDeliveries,
  handOut,
  hasFeeds,
  listFeedsWithNews,
  removeOldDeliveries,
} from './fan-out.queries.ts';
import { deliveryLifeMs } from './retry.ts';

export interface FanOutParts {
  database: Database;
  clock: Clock;
  log: Log;
  /** Called after each run: deliveries may be due. */
  handedOut(): void;
}

export interface FanOut {
  /** Creates the deliveries of all new events in the log. */
  run(): Promise<void>;
  /** Whether there are webhooks, as far as this process has noticed. */
  isAwake(): boolean;
  /** Polls each second from now on, because there is a webhook. */
  wake(): void;
  start(): Promise<Cancel>;
}

/** The log is polled, and endpoints with due deliveries, at least this often. */
export const deliveryPollMs = 1_000;
/** How soon a process notices that there are webhooks when it was not notified. */
const wakeEveryMs = 30_000;
const tidyEveryMs = 10 * 60_000;
const pageSize = 500;
const deliveryRetentionMs = 30 * 24 * 3600 * 1000;
const removalPageSize = 1_000;

export function createFanOut({ database, clock, log, handedOut }: FanOutParts): FanOut {
  // Until `start` has found otherwise.
  let isAwake = true;
  let running: Promise<void> | undefined;

  async function runOnce(): Promise<void> {
    for (const organizationId of await listFeedsWithNews(database.db, eventTypes))
      await handOutAll(database, clock, organizationId);
    handedOut();
  }

  function run(): Promise<void> {
    running ??= runOnce().finally(() => {
      running = undefined;
    });
    return running;
  }

  function inBackground(failure: string, work: () => Promise<unknown>): void {
    work().catch((error: unknown) => log.warn({ err: error }, failure));
  }

  async function checkFeeds(): Promise<void> {
    isAwake = await hasFeeds(database.db);
  }

  return {
    run,
    isAwake: () => isAwake,

    wake() {
      isAwake = true;
    },

    async start() {
      await checkFeeds();
      const cancels = [
        clock.every(deliveryPollMs, () => {
          if (isAwake) inBackground('events could not be handed to webhooks', run);
        }),
        clock.every(wakeEveryMs, () => inBackground('webhooks could not be polled', checkFeeds)),
        clock.every(tidyEveryMs, () => {
          if (isAwake) inBackground('old deliveries could not be removed', () => tidy(database, clock));
        }),
      ];
      return () => {
        for (const cancel of cancels) cancel();
      };
    },
  };
}

async function handOutAll(database: Database, clock: Clock, organizationId: string): Promise<void> {
  for (;;) {
    const now = clock.now();
    const page = { types: eventTypes, limit: pageSize, now, expiresAt: addMs(now, deliveryLifeMs) };
    const count = await database.transaction((tx) => handOut(tx, organizationId, page));
    if (count === null || count < pageSize) return;
  }
}

async function tidy({ db }: Database, clock: Clock): Promise<void> {
  await expireDeliveries(db, clock.now());
  const createdBefore = addMs(clock.now(), -deliveryRetentionMs);
  while ((await removeOldDeliveries(db, createdBefore, removalPageSize)) === removalPageSize);
}

// Moves events on: from the log to deliveries, and endpoints with something due to the job queue. One look a
// second while there are webhooks; none while there are not. Any number of processes may run one.

import { eventTypes } from '../../../domain/event-types.ts';
import { addMs, type Cancel, type Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/db/index.ts';
import type { Jobs } from '../../../platform/jobs/index.ts';
import type { Log } from '../../../platform/log.ts';
import {
  expireDeliveries,
  handOut,
  hasFeeds,
  listFeedsWithNews,
  listWebhooksToServe,
  removeOldDeliveries,
} from './fan-out.queries.ts';
import { deliveryLifeMs } from './retry.ts';
import { endpointQueue } from './webhook-queues.ts';

export interface PumpParts {
  database: Database;
  clock: Clock;
  log: Log;
  jobs: Jobs;
}

export interface Pump {
  /** One look: hands out all that is new, and sends a job for each endpoint with something due. */
  run(): Promise<void>;
  /** There is a webhook: look each second from now on. */
  wake(): void;
  start(): Promise<Cancel>;
}

const lookEveryMs = 1_000;
/** How soon a process notices by itself that there are webhooks. */
const wakeEveryMs = 30_000;
const tidyEveryMs = 10 * 60_000;
const pageSize = 500;
const keptMs = 30 * 24 * 3600 * 1000;
const removedAtATime = 1_000;

export function createPump({ database, clock, log, jobs }: PumpParts): Pump {
  let isAwake = false;
  let running: Promise<void> | undefined;

  async function handOutAll(organizationId: string): Promise<void> {
    for (;;) {
      const now = clock.now();
      const page = { types: eventTypes, limit: pageSize, now, expiresAt: addMs(now, deliveryLifeMs) };
      const count = await database.transaction((tx) => handOut(tx, organizationId, page));
      if (count === null || count < pageSize) return;
    }
  }

  async function look(): Promise<void> {
    for (const organizationId of await listFeedsWithNews(database.db, eventTypes)) {
      await handOutAll(organizationId);
    }
    const webhookIds = await listWebhooksToServe(database.db, clock.now());
    if (webhookIds.length === 0) return;
    await database.transaction(async (tx) => {
      for (const webhookId of webhookIds)
        await jobs.send(tx, endpointQueue, { webhookId }, { key: webhookId });
    });
  }

  function run(): Promise<void> {
    running ??= look().finally(() => {
      running = undefined;
    });
    return running;
  }

  function inBackground(what: string, work: () => Promise<unknown>): void {
    work().catch((error: unknown) => log.warn({ err: error }, what));
  }

  async function wakeIfNeeded(): Promise<void> {
    isAwake = await hasFeeds(database.db);
  }

  async function tidy(): Promise<void> {
    await expireDeliveries(database.db, clock.now());
    const before = addMs(clock.now(), -keptMs);
    while ((await removeOldDeliveries(database.db, before, removedAtATime)) === removedAtATime);
  }

  return {
    run,

    wake() {
      isAwake = true;
    },

    async start() {
      await wakeIfNeeded();
      const cancels = [
        clock.every(lookEveryMs, () => {
          if (isAwake) inBackground('events could not be handed to webhooks', run);
        }),
        clock.every(wakeEveryMs, () => inBackground('webhooks could not be looked for', wakeIfNeeded)),
        clock.every(tidyEveryMs, () => {
          if (isAwake) inBackground('old deliveries could not be removed', tidy);
        }),
      ];
      return () => {
        for (const cancel of cancels) cancel();
      };
    },
  };
}

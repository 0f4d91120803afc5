// Sends the events of a period to a webhook again: one page per job, which sends the job for the next page.

import { eventTypes, isKeyEventType } from '../../../domain/event-types.ts';
import { addMs, type Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/db/index.ts';
import type { Jobs } from '../../../platform/jobs/index.ts';
import { listEventsToReplay, sendEventsAgain } from '../record/deliveries.queries.ts';
import { lockWebhook } from '../record/webhooks.queries.ts';
import { deliveryLifeMs } from './retry.ts';
import { type Replay, replayQueue } from './webhook-queues.ts';

const pageSize = 500;

export async function replayPage(
  { database, clock, jobs }: { database: Database; clock: Clock; jobs: Jobs },
  replay: Replay,
): Promise<void> {
  const { organizationId, webhookId, evenDelivered, after } = replay;
  await database.transaction(async (tx) => {
    const webhook = await lockWebhook(tx, { organizationId, webhookId });
    // Deleted or disabled meanwhile.
    if (!webhook || webhook.disabled_at !== null) return;
    const events = await listEventsToReplay(tx, webhook, {
      since: new Date(replay.since),
      until: new Date(replay.until),
      after,
      types: webhook.event_types ?? eventTypes.filter((type) => !isKeyEventType(type)),
      limit: pageSize,
    });
    const now = clock.now();
    const ids = events.map(({ id }) => id);
    await sendEventsAgain(tx, webhook, ids, { now, expiresAt: addMs(now, deliveryLifeMs), evenDelivered });
    const last = events.at(-1);
    if (!last || events.length < pageSize) return;
    await jobs.send(tx, replayQueue, { ...replay, after: { xid: last.xid, id: last.id } });
  });
}

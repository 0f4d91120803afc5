// The log as callers read it: in pages, or as a stream that goes on. A stream reads the log by its own place, a
// page at a time and only when its client has taken what came before; so one that reads slowly holds a page.

import { eventTypes } from '../../domain/event-types.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { Outage } from '../../platform/errors.ts';
import type { Log } from '../../platform/log.ts';
import type { Caller } from '../../platform/use-case/index.ts';
import { fromEventId, toEventId } from './event-id.ts';
import {
  beginning,
  type EventFilter,
  findLastEvents,
  findPlace,
  type LastEvent,
  type Place,
  readEvents,
} from './event-log.queries.ts';
import { createWatch, type Watcher } from './event-watch.ts';
import { type EventView, type ListEvents, toEventView } from './events.schema.ts';

export interface EventLogParts {
  database: Database;
  clock: Clock;
  log: Log;
}

/** One process holds no more streams than this; each costs a connection and, while it is behind, a page. */
const streamsMax = 500;
const streamPage = 100;

export type EventLog = ReturnType<typeof createEventLog>;

export function createEventLog(parts: EventLogParts) {
  const { database } = parts;
  const watch = createWatch(parts);

  /** Null where the caller may see nothing of it. */
  function filterFor(caller: Caller, query: Pick<ListEvents, 'accountId' | 'type'>): EventFilter | null {
    const { accountIds, organizationId } = caller;
    const wanted = query.accountId;
    if (wanted !== undefined && accountIds !== null && !accountIds.includes(wanted)) return null;
    return {
      organizationId,
      types: query.type ?? eventTypes,
      accountIds: wanted === undefined ? accountIds : [wanted],
    };
  }

  async function placeOf(organizationId: string, eventId: string | undefined): Promise<Place> {
    const id = eventId === undefined ? undefined : fromEventId(eventId);
    return id === undefined ? beginning : findPlace(database.db, organizationId, id);
  }

  return {
    async list(caller: Caller, query: ListEvents) {
      const filter = filterFor(caller, query);
      // Before the page: what comes meanwhile is then read twice rather than never.
      const last = (await findLastEvents(database.db, [caller.organizationId])).get(caller.organizationId);
      const after = await placeOf(caller.organizationId, query.after);
      const rows = filter ? await readEvents(database.db, filter, after, query.limit + 1, last) : [];
      const page = rows.slice(0, query.limit);
      const ofPage = page.at(-1)?.id;
      const isLast = rows.length <= query.limit;
      const latest = isLast ? laterOf(page.at(-1), last) : page.at(-1);
      return {
        events: page.map(toEventView),
        cursor: isLast || ofPage === undefined ? null : toEventId(ofPage),
        latest: latest === undefined ? null : toEventId(latest.id),
      };
    },

    /**
     * Every event after `after`, and from then on each new one, until the signal is aborted.
     * @param after Undefined: only what is new from now on.
     */
    follow(
      caller: Caller,
      query: Pick<ListEvents, 'accountId' | 'type'>,
      after: string | undefined,
      signal: AbortSignal,
    ): AsyncIterable<EventView> {
      if (watch.count() >= streamsMax) throw new Outage('Another stream of events');
      const filter = filterFor(caller, query);
      const watcher = watch.join(caller.organizationId, signal);
      return pages(caller.organizationId, filter, watcher, after, signal);
    },
  };

  async function* pages(
    organizationId: string,
    filter: EventFilter | null,
    watcher: Watcher,
    after: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<EventView> {
    let place =
      after === undefined ? await presentPlace(organizationId) : await placeOf(organizationId, after);
    while (!signal.aborted) {
      const seen = watcher.news();
      const rows = filter ? await readEvents(database.db, filter, place, streamPage, watcher.last()) : [];
      for (const row of rows) {
        yield toEventView(row);
        place = { xid: row.xid, id: row.id, idsAbove: 0 };
      }
      if (rows.length < streamPage) await watcher.next(seen);
    }
  }

  async function presentPlace(organizationId: string): Promise<Place> {
    const last = (await findLastEvents(database.db, [organizationId])).get(organizationId);
    return last ? { ...last, idsAbove: 0 } : beginning;
  }
}

/** What was read last need not be the later one: the log has grown between the two looks. */
function laterOf(one: LastEvent | undefined, other: LastEvent | undefined): LastEvent | undefined {
  if (!one || !other) return one ?? other;
  const isLater = one.xid === other.xid ? one.id > other.id : BigInt(one.xid) > BigInt(other.xid);
  return isLater ? one : other;
}

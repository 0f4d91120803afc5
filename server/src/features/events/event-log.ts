// The log as callers read it: in pages, or as a stream that goes on. A stream reads the log by its own place, a
// page at a time and only when its client has taken what came before; so one that reads slowly holds a page.

import { eventTypes } from '../../domain/event-types.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Connection, Database } from '../../platform/db/index.ts';
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
import { createWatch, type Watch, type Watcher } from './event-watch.ts';
import { type EventView, type ListEvents, toEventView } from './events.schema.ts';

export interface EventLogParts {
  database: Database;
  clock: Clock;
  log: Log;
}

/** One process holds no more streams than this; each costs a connection and, while it is behind, a page. */
const streamsMax = 500;
const streamPage = 100;

export interface EventLog extends EventLogParts {
  watch: Watch;
}

/** The log with the watch that its streams share. */
export function openEventLog(parts: EventLogParts): EventLog {
  return { ...parts, watch: createWatch(parts) };
}

export async function listEvents({ database: { db } }: EventLog, caller: Caller, query: ListEvents) {
  const { organizationId } = caller;
  const filter = filterFor(caller, query);
  // Before the page: what comes meanwhile is then read twice rather than never.
  const last = (await findLastEvents(db, [organizationId])).get(organizationId);
  const after = await placeOf(db, organizationId, query.after);
  const rows = filter ? await readEvents(db, filter, after, query.limit + 1, last) : [];
  const page = rows.slice(0, query.limit);
  const ofPage = page.at(-1)?.id;
  const isLast = rows.length <= query.limit;
  const latest = isLast ? laterOf(page.at(-1), last) : page.at(-1);
  return {
    events: page.map(toEventView),
    cursor: isLast || ofPage === undefined ? null : toEventId(ofPage),
    latest: latest === undefined ? null : toEventId(latest.id),
  };
}

export interface FollowEvents extends Pick<ListEvents, 'accountId' | 'type'> {
  /** Undefined: only events that are new from now on. */
  after: string | undefined;
}

/**
 * Every event after `after`, and from then on each new one, until the signal is aborted. The place is found before this
 * resolves, so a client that has seen its stream begin misses no event that is written afterwards.
 */
export async function followEvents(
  log: EventLog,
  caller: Caller,
  query: FollowEvents,
  signal: AbortSignal,
): Promise<AsyncIterable<EventView>> {
  if (log.watch.count() >= streamsMax) throw new Outage('Another stream of events');
  const filter = filterFor(caller, query);
  const watcher = log.watch.join(caller.organizationId, signal);
  const { db } = log.database;
  const { organizationId } = caller;
  const place =
    query.after === undefined
      ? await presentPlace(db, organizationId)
      : await placeOf(db, organizationId, query.after);
  return readOn(db, { filter, watcher, place, signal });
}

interface Reading {
  filter: EventFilter | null;
  watcher: Watcher;
  /** Only events after this place. */
  place: Place;
  signal: AbortSignal;
}

async function* readOn(
  db: Connection,
  { filter, watcher, place: start, signal }: Reading,
): AsyncGenerator<EventView> {
  let place = start;
  while (!signal.aborted) {
    const seen = watcher.news();
    const rows = filter ? await readEvents(db, filter, place, streamPage, watcher.last()) : [];
    for (const row of rows) {
      yield toEventView(row);
      place = { xid: row.xid, id: row.id, idsAbove: 0 };
    }
    if (rows.length < streamPage) await watcher.next(seen);
  }
}

/** Null where the caller may see nothing of it. */
function filterFor(
  { accountIds, organizationId }: Caller,
  query: Pick<ListEvents, 'accountId' | 'type'>,
): EventFilter | null {
  const wanted = query.accountId;
  if (wanted !== undefined && accountIds !== null && !accountIds.includes(wanted)) return null;
  return {
    organizationId,
    types: query.type ?? eventTypes,
    accountIds: wanted === undefined ? accountIds : [wanted],
  };
}

async function placeOf(db: Connection, organizationId: string, eventId: string | undefined): Promise<Place> {
  const id = eventId === undefined ? undefined : fromEventId(eventId);
  return id === undefined ? beginning : findPlace(db, organizationId, id);
}

async function presentPlace(db: Connection, organizationId: string): Promise<Place> {
  const last = (await findLastEvents(db, [organizationId])).get(organizationId);
  return last ? { ...last, idsAbove: 0 } : beginning;
}

/** The event that was read last need not be the later one: the log has grown between the two reads. */
function laterOf(a: LastEvent | undefined, b: LastEvent | undefined): LastEvent | undefined {
  if (!a || !b) return a ?? b;
  const isLater = a.xid === b.xid ? a.id > b.id : BigInt(a.xid) > BigInt(b.xid);
  return isLater ? a : b;
}

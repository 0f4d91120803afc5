// The event log as callers read it: in pages, or as a stream. A stream has a position in the log. It reads one page at a
// time, and only when its client has received the previous one, so a slow client holds one page in memory.

import { visibleEventTypes } from '../../domain/event-types.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Connection, Database } from '../../platform/db/index.ts';
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
import { tooManyKeyStreams, tooManyOrganizationStreams, tooManyStreams } from './events.errors.ts';
import { type EventView, type ListEvents, toEventView } from './events.schema.ts';

export interface EventLogParts {
  database: Database;
  clock: Clock;
  log: Log;
}

/** The maximum number of streams in a process. Each needs a connection, and a page of events while it is behind. */
const streamsMax = 500;
/** The maximum number of streams of an organization and of a key in a process, so that they leave room for others. */
const organizationStreamsMax = 50;
const keyStreamsMax = 10;
const streamPage = 100;

export interface EventLog extends EventLogParts {
  watch: Watch;
  /** The number of open streams of each key that has one. */
  streamsOfKeys: Map<string, number>;
}

/** Opens the log, with the watch that its streams share. */
export function openEventLog(parts: EventLogParts): EventLog {
  return { ...parts, watch: createWatch(parts), streamsOfKeys: new Map() };
}

/** Returns a page of events, oldest first, and the positions from which to continue. */
export async function listEvents({ database: { db } }: EventLog, caller: Caller, query: ListEvents) {
  const { organizationId } = caller;
  const filter = filterFor(caller, query);
  // Read before the page: events that are appended meanwhile are then read twice rather than never.
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
  /** Undefined: only events that are appended from now on. */
  after: string | undefined;
}

/**
 * Follows the log: every event after `after` and then each new one, until the signal is aborted. The position is found
 * before this resolves, so a client whose stream has begun misses no event that is appended after that.
 *
 * @throws tooManyKeyStreams, tooManyOrganizationStreams, tooManyStreams
 */
export async function followEvents(
  log: EventLog,
  caller: Caller,
  query: FollowEvents,
  signal: AbortSignal,
): Promise<{ startId: string; events: AsyncIterable<EventView> }> {
  const filter = filterFor(caller, query);
  countStream(log, caller, signal);
  const watcher = log.watch.join(caller.organizationId, signal);
  const { db } = log.database;
  const { organizationId } = caller;
  const place =
    query.after === undefined
      ? await presentPlace(db, organizationId)
      : await placeOf(db, organizationId, query.after);
  const events = readOn(db, { filter, watcher, place, signal });
  return { startId: toEventId(place.idsAbove || place.id), events };
}

/** Counts a stream until the signal is aborted. */
function countStream({ watch, streamsOfKeys }: EventLog, caller: Caller, signal: AbortSignal): void {
  const key = `${caller.actor.type} ${caller.actor.id}`;
  const ofKey = streamsOfKeys.get(key) ?? 0;
  if (ofKey >= keyStreamsMax) throw tooManyKeyStreams();
  if (watch.countOf(caller.organizationId) >= organizationStreamsMax) throw tooManyOrganizationStreams();
  if (watch.count() >= streamsMax) throw tooManyStreams();
  if (signal.aborted) return;
  streamsOfKeys.set(key, ofKey + 1);
  const uncount = () => {
    const left = (streamsOfKeys.get(key) ?? 0) - 1;
    if (left > 0) streamsOfKeys.set(key, left);
    else streamsOfKeys.delete(key);
  };
  signal.addEventListener('abort', uncount, { once: true });
}

interface Reading {
  filter: EventFilter | null;
  watcher: Watcher;
  /** Only events after this position. */
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

/** Returns null if the caller sees no matching event. */
function filterFor(caller: Caller, query: Pick<ListEvents, 'accountId' | 'type'>): EventFilter | null {
  const { accountIds, organizationId } = caller;
  const { accountId, type } = query;
  if (accountId !== undefined && accountIds !== null && !accountIds.includes(accountId)) return null;
  return {
    organizationId,
    types: visibleEventTypes(caller).filter((visible) => type?.includes(visible) ?? true),
    accountIds: accountId === undefined ? accountIds : [accountId],
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

/** Either event can be the later one: the log may have grown between the two reads. */
function laterOf(a: LastEvent | undefined, b: LastEvent | undefined): LastEvent | undefined {
  if (!a || !b) return a ?? b;
  const isLater = a.xid === b.xid ? a.id > b.id : BigInt(a.xid) > BigInt(b.xid);
  return isLater ? a : b;
}

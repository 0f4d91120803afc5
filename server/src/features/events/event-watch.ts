// Notifies the streams of this process of new events, by one poll a second for all of them, and none while there are no
// streams. NOTIFY would be faster, but each one takes a lock on the whole database when its transaction commits, and
// every change writes an event.
import type { Cancel, Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import type { Log } from '../../platform/log.ts';
import { findLastEvents, type LastEvent } from './event-log.queries.ts';

const eventPollMs = 1_000;

export interface Watcher {
  /** Returns the number of changes noticed until now, for `next`. */
  news(): number;
  /** Returns the last event that was noticed. All events up to it can be read. */
  last(): LastEvent | undefined;
  /** Resolves when more changes than `since` were noticed, or the signal is aborted. */
  next(since: number): Promise<void>;
}

export interface Watch {
  /** Returns the number of watchers. */
  count(): number;
  /** Returns the number of watchers of an organization. */
  countOf(organizationId: string): number;
  /** Watches an organization from now on, until the signal is aborted. */
  join(organizationId: string, signal: AbortSignal): Watcher;
}

interface Watched {
  watchers: number;
  last: LastEvent | undefined;
  news: number;
  waiting: PromiseWithResolvers<void>;
}

/** Creates the watch of a process. It polls only while it has watchers. */
export function createWatch({ database, clock, log }: { database: Database; clock: Clock; log: Log }): Watch {
  const organizations = new Map<string, Watched>();
  let cancel: Cancel | undefined;
  let isPolling = false;

  async function poll(): Promise<void> {
    const ids = [...organizations.keys()];
    const lasts = await findLastEvents(database.db, ids);
    for (const id of ids) {
      const watched = organizations.get(id);
      const last = lasts.get(id);
      if (!watched || watched.last?.id === last?.id) continue;
      watched.last = last;
      watched.news += 1;
      watched.waiting.resolve();
      watched.waiting = Promise.withResolvers();
    }
  }

  function pollInBackground(): void {
    if (isPolling) return;
    isPolling = true;
    poll()
      .catch((error: unknown) => log.warn({ err: error }, 'the event log could not be read'))
      .finally(() => {
        isPolling = false;
      });
  }

  function leave(organizationId: string, watched: Watched): void {
    watched.watchers -= 1;
    if (watched.watchers > 0) return;
    organizations.delete(organizationId);
    if (organizations.size > 0) return;
    cancel?.();
    cancel = undefined;
  }

  return {
    count: () => [...organizations.values()].reduce((sum, { watchers }) => sum + watchers, 0),

    countOf: (organizationId) => organizations.get(organizationId)?.watchers ?? 0,

    join(organizationId, signal) {
      const watched = organizations.get(organizationId) ?? unwatched();
      organizations.set(organizationId, watched);
      watched.watchers += 1;
      cancel ??= clock.every(eventPollMs, pollInBackground);
      const ended = Promise.withResolvers<void>();
      const end = () => {
        leave(organizationId, watched);
        ended.resolve();
      };
      if (signal.aborted) end();
      else signal.addEventListener('abort', end, { once: true });
      return watcherOf(watched, ended.promise);
    },
  };
}

function unwatched(): Watched {
  return { watchers: 0, last: undefined, news: 0, waiting: Promise.withResolvers() };
}

function watcherOf(watched: Watched, ended: Promise<void>): Watcher {
  return {
    news: () => watched.news,
    last: () => watched.last,
    next: (since) =>
      watched.news > since ? Promise.resolve() : Promise.race([watched.waiting.promise, ended]),
  };
}

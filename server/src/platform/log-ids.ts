// Which request, account and post the present work is for, so that every log line within says so, also those
// written by rooms that know nothing of either (a call to Pinterest, a fetch).
import { AsyncLocalStorage } from 'node:async_hooks';

export interface LogIds {
  requestId?: string;
  accountId?: string;
  postId?: string;
}

const present = new AsyncLocalStorage<LogIds>();

/** Runs `work`; its log lines have these ids, besides those of the work that it is part of. */
export function withLogIds<T>(ids: LogIds, work: () => T): T {
  return present.run({ ...present.getStore(), ...ids }, work);
}

export function presentLogIds(): LogIds | undefined {
  return present.getStore();
}

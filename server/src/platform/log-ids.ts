// The ids of the request and of the things that the present work is for, so that every log line within has them, also
// those written by rooms that know of neither (an outgoing call, a fetch). Which things exist is the domain's choice.
import { AsyncLocalStorage } from 'node:async_hooks';

export type LogIds = Readonly<Record<string, string>>;

const present = new AsyncLocalStorage<LogIds>();

/** Runs `work`; its log lines have these ids, besides those of the work that it is part of. */
export function runWithLogIds<T>(ids: LogIds, work: () => T): T {
  return present.run({ ...present.getStore(), ...ids }, work);
}

export function presentLogIds(): LogIds | undefined {
  return present.getStore();
}

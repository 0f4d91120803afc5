// The ids of the current request or task, which are added to every log line that it writes, including those of rooms
// that do not have the ids (an outgoing call, a fetch). The domain defines which ids there are.
import { AsyncLocalStorage } from 'node:async_hooks';

export type LogIds = Readonly<Record<string, string>>;

const current = new AsyncLocalStorage<LogIds>();

/** Runs `work`. Its log lines have these ids, in addition to the current ones. */
export function runWithLogIds<T>(ids: LogIds, work: () => T): T {
  return current.run({ ...current.getStore(), ...ids }, work);
}

export function presentLogIds(): LogIds | undefined {
  return current.getStore();
}

// Locks on a file that the system releases when their holder dies, however it dies: there is nothing to clean
// up and no process number to mistake. Node cannot lock files, but the SQLite it brings along can; an empty
// SQLite file is used for its locks alone.
import { DatabaseSync } from 'node:sqlite';
import { pause, standStill } from './clock.ts';

export interface Lock {
  release(): void;
}

/** SQLite's number for "somebody else holds it". */
const busy = 5;
const pollMs = 10;

/** Any number of holders may share a lock; an exclusive one has no other beside it. */
export function tryLock(file: string, kind: 'shared' | 'exclusive'): Lock | undefined {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // A read transaction holds SQLite's shared lock from its first read to its end.
    database.exec(kind === 'exclusive' ? 'begin exclusive' : 'begin; select count(*) from sqlite_schema');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === busy) return undefined;
    throw error;
  }
  return {
    release() {
      if (database.isOpen) database.close();
    },
  };
}

/** Undefined if it could not be had in time. */
export async function waitForLock(
  file: string,
  kind: 'shared' | 'exclusive',
  patienceMs: number,
  signal?: AbortSignal,
): Promise<Lock | undefined> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    signal?.throwIfAborted();
    const lock = tryLock(file, kind);
    if (lock || performance.now() > deadline) return lock;
    await pause(pollMs);
  }
}

/** As waitForLock, in a process that is exiting. */
export function waitForLockNow(
  file: string,
  kind: 'shared' | 'exclusive',
  patienceMs: number,
): Lock | undefined {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const lock = tryLock(file, kind);
    if (lock || performance.now() > deadline) return lock;
    standStill(pollMs);
  }
}

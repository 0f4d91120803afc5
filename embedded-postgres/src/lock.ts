// File locks that the system releases when their process ends, however it ends: no cleanup, no stale process id.
// Node cannot lock files, but the SQLite that it includes can; an empty SQLite file is used only for its locks.
import { DatabaseSync } from 'node:sqlite';
import { pause, pauseNow } from './clock.ts';

export interface Lock {
  release(): void;
}

/** SQLite's error code for a lock held by another connection. */
const busy = 5;
const pollMs = 10;

/** Returns the lock, or undefined when it is held. Any number of processes can hold a shared lock, one an exclusive lock. */
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

/** Returns undefined when the lock was not released in time. */
export async function waitForLock(
  file: string,
  kind: 'shared' | 'exclusive',
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Lock | undefined> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const lock = tryLock(file, kind);
    if (lock || performance.now() > deadline) return lock;
    await pause(pollMs);
  }
}

/** Like waitForLock, for a process that is exiting. */
export function waitForLockNow(
  file: string,
  kind: 'shared' | 'exclusive',
  timeoutMs: number,
): Lock | undefined {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const lock = tryLock(file, kind);
    if (lock || performance.now() > deadline) return lock;
    pauseNow(pollMs);
  }
}

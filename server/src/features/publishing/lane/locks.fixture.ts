// Helpers for tests in which one connection waits for a lock of another.
import { type Connection, type Database, sql, type Tx } from '../../../platform/db/index.ts';

export function deferred() {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Resolves when a connection to this test's database waits for a lock, or when `work` has ended. */
export async function waitsOrEnds(connection: Connection, work: Promise<unknown>): Promise<void> {
  let hasEnded = false;
  const ended = work.finally(() => {
    hasEnded = true;
  });
  while (!hasEnded) {
    const { rows } = await sql<{ waiting: number }>`
      select count(*)::int as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'
    `.execute(connection);
    if ((rows[0]?.waiting ?? 0) > 0) return;
  }
  await ended;
}

/** A transaction that has done its work and has not been committed. */
export interface OpenTransaction {
  commit(): Promise<void>;
  rollBack(): Promise<void>;
}

export async function openTransaction(
  { transaction }: Pick<Database, 'transaction'>,
  work: (tx: Tx) => Promise<unknown>,
): Promise<OpenTransaction> {
  const isDone = deferred();
  const mayEnd = deferred();
  const regret = new Error('rolled back');
  let isRegretted = false;
  const ended = transaction(async (tx) => {
    await work(tx);
    isDone.resolve();
    await mayEnd.promise;
    if (isRegretted) throw regret;
  });
  await Promise.race([isDone.promise, ended]);
  return {
    async commit() {
      mayEnd.resolve();
      await ended;
    },
    async rollBack() {
      isRegretted = true;
      mayEnd.resolve();
      await ended.catch((error: unknown) => {
        if (error !== regret) throw error;
      });
    },
  };
}

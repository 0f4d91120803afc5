// Waits until readers of the event log see all its events.
import { type Connection, sql } from '../src/platform/db/index.ts';
import { eventually } from './eventually.ts';

/**
 * Resolves when a reader of the log would see every event. Readers stop at the oldest open transaction of the server, because
 * it may belong to this database; with many tests on one server, it may belong to another. Not for tests that leave a
 * transaction open.
 */
export async function readableEvents(connection: Connection): Promise<void> {
  await eventually('no transaction is older than the last event', async () => {
    const { rows } = await sql<{ isReadable: boolean }>`
      select coalesce(max(xid) < pg_snapshot_xmin(pg_current_snapshot()), true) as "isReadable" from events
    `.execute(connection);
    return rows[0]?.isReadable ?? false;
  });
}

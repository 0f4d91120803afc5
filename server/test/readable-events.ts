import { type Connection, sql } from '../src/platform/db/index.ts';
import { eventually } from './eventually.ts';

/**
 * Until whoever reads the log from now on gets all that is in it. Readers stop at a transaction that ends in just that
 * moment, for it may be of this database, and go on when they look again; with many tests on one server it may be any
 * other's. Not for tests that keep a transaction open.
 */
export async function readableEvents(connection: Connection): Promise<void> {
  await eventually('no transaction is older than the last event', async () => {
    const { rows } = await sql<{ isReadable: boolean }>`
      select coalesce(max(xid) < pg_snapshot_xmin(pg_current_snapshot()), true) as "isReadable" from events
    `.execute(connection);
    return rows[0]?.isReadable ?? false;
  });
}

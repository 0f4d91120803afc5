// Recognizes a pooler that gives each transaction another connection to the server, as PgBouncer in transaction mode does.
import { randomUUID } from 'node:crypto';
import { type ConnectForSetup, connectForSetup } from './preflight.ts';

/**
 * Whether sessions do not last behind this URL. A value set in the session of one client must still be there after another
 * client has begun a transaction, which takes the connection that was used last.
 */
export async function isTransactionPooler(connect: ConnectForSetup): Promise<boolean> {
  const first = await connectForSetup(connect);
  const second = await connectForSetup(connect).catch(async (error: unknown) => {
    await first.end().catch(() => undefined);
    throw error;
  });
  try {
    const mark = randomUUID();
    await first.query("select set_config('pintail.session', $1, false)", [mark]);
    await second.query('begin');
    await second.query('select 1');
    const { rows } = await first.query<{ mark: string | null }>(
      "select current_setting('pintail.session', true) as mark",
    );
    await second.query('commit');
    return rows[0]?.mark !== mark;
  } finally {
    await Promise.all([first.end().catch(() => undefined), second.end().catch(() => undefined)]);
  }
}

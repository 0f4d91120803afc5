// Reads the progress of a batch, and one page of its entries.
import { isId } from '../../../domain/ids.ts';
import type { Database } from '../../../platform/db/index.ts';
import { type Caller, invalidQuery } from '../../../platform/use-case/index.ts';
import { getAccount } from '../../accounts/index.ts';
import { batchNotFound } from '../record/posts.errors.ts';
import { findBatch, listEntries } from './batches.queries.ts';
import { toBatchEntryView, toBatchView } from './batches.schema.ts';

/** How long a completed batch can be read. */
export const batchRetentionMs = 28 * 24 * 3600 * 1000;

/** @throws accountNotFound, batchNotFound, invalidQuery */
export async function getBatch(
  { database }: { database: Database },
  caller: Caller,
  path: { accountId: string; batchId: string },
  query: { cursor?: string | undefined; limit: number },
) {
  const { db } = database;
  const { organizationId } = caller;
  const account = await getAccount(db, caller, path.accountId);
  const batch = isId('bat', path.batchId)
    ? await findBatch(db, { organizationId, accountId: account.id, batchId: path.batchId })
    : undefined;
  if (!batch) throw batchNotFound();
  const from = query.cursor === undefined ? 0 : decodeCursor(query.cursor);
  // One more than requested shows whether there is another page.
  const entries = await listEntries(db, { batchId: batch.id, from, limit: query.limit + 1 });
  const page = entries.slice(0, query.limit);
  const next = entries[query.limit];
  return {
    batch: { ...toBatchView(batch), entries: page.map(toBatchEntryView) },
    cursor: next ? String(next.index) : null,
  };
}

/** The cursor is the index of the next entry: entries never move. */
function decodeCursor(cursor: string): number {
  if (/^\d{1,4}$/.test(cursor)) return Number(cursor);
  throw invalidQuery([
    {
      path: 'cursor',
      code: 'invalid_cursor',
      message: 'Invalid cursor for this batch. Send `data.cursor` of the previous page.',
    },
  ]);
}

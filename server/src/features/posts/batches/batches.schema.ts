// Batches as they cross the wire.
import { z } from 'zod';
import { toUnixSeconds } from '../../../platform/clock.ts';
import { pageLimit, unixSeconds } from '../../../platform/http/contract/index.ts';
import { AccountPath } from '../../accounts/index.ts';
import type { BatchCounts, BatchEntryRow, BatchRow } from './batches.queries.ts';

/** Entries of a batch. */
export const postsMax = 1000;
/** docs/api-contract.md#ground-rules. */
export const batchBytesMax = 16 * 1024 * 1024;

export const CreateBatchBody = z
  .strictObject({
    posts: z
      .array(z.unknown())
      .min(1, `Send 1 to ${postsMax} posts.`)
      .max(postsMax, `Send 1 to ${postsMax} posts.`)
      .meta({
        description: `1 to ${postsMax} bodies of create. Each is checked separately: an invalid one does not stop the others.`,
        override: { items: { $ref: '#/components/schemas/CreatePost' } },
      }),
  })
  .meta({ id: 'CreateBatch' });
export type CreateBatch = z.output<typeof CreateBatchBody>;

export const BatchPath = AccountPath.extend({
  batchId: z.string().meta({ description: 'Batch id.' }),
});

export const BatchQuery = z.strictObject({
  cursor: z.string().max(300).optional().meta({ description: '`data.cursor` of the previous page.' }),
  limit: pageLimit.meta({ description: 'Entries per page.' }),
});

const BatchEntry = z
  .object({
    index: z.int().meta({ description: 'The place in the batch, from 0.' }),
    row: z
      .int()
      .nullable()
      .meta({ description: 'The line or row in the file, from 1 (a header counts); null for a JSON body.' }),
    status: z.enum(['pending', 'created', 'failed']),
    postId: z.string().nullable().meta({ description: 'The post; with intervalBoards the first one.' }),
    details: z
      .array(z.object({ path: z.string(), code: z.string(), message: z.string() }))
      .nullable()
      .meta({ description: 'Why it failed: one entry for each invalid field.' }),
  })
  .meta({ id: 'BatchEntry' });

const BatchView = z
  .object({
    id: z.string().meta({ description: 'Batch id.' }),
    status: z.enum(['processing', 'completed']),
    total: z.int().meta({ description: 'The number of entries.' }),
    created: z.int().meta({ description: 'The number of entries whose posts exist.' }),
    failed: z.int().meta({ description: 'The number of entries that were refused.' }),
    pending: z.int().meta({ description: 'The number of entries that are not processed yet.' }),
    createdAt: unixSeconds.meta({ description: 'Creation time (Unix seconds).' }),
    entries: z.array(BatchEntry).optional().meta({ description: 'One page of the entries, in their order.' }),
  })
  .meta({ id: 'Batch' });

export const BatchAnswer = z.object({ batch: BatchView }).meta({ id: 'BatchResult' });
export const BatchPageAnswer = z
  .object({
    batch: BatchView,
    cursor: z
      .string()
      .nullable()
      .meta({ description: 'Send it as `cursor` for the next page of entries; null on the last page.' }),
  })
  .meta({ id: 'BatchPage' });

export function toBatchView(batch: BatchRow, counts: BatchCounts): z.input<typeof BatchView> {
  return {
    id: batch.id,
    status: batch.status,
    total: batch.total,
    ...counts,
    pending: batch.total - counts.created - counts.failed,
    createdAt: toUnixSeconds(batch.created_at),
  };
}

export function toBatchEntryView(entry: BatchEntryRow): z.input<typeof BatchEntry> {
  return {
    index: entry.index,
    row: entry.row,
    status: entry.status,
    postId: entry.post_id,
    // Only batches.queries.ts writes this column.
    details: entry.details as z.input<typeof BatchEntry>['details'],
  };
}

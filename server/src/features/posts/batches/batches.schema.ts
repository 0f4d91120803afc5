// Batches as they cross the wire.
import { z } from 'zod';
import { toUnixSeconds } from '../../../platform/clock.ts';
import {
  pageLimit,
  queryFlag,
  timezone,
  unixSeconds,
  warning,
} from '../../../platform/http/contract/index.ts';
import { AccountPath } from '../../accounts/index.ts';
import type { BatchEntryRow, BatchRow } from './batches.queries.ts';

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

export const CreateBatchQuery = z.strictObject({
  timezone: timezone.optional().meta({
    description:
      "The IANA time zone of a sheet's times without an offset. Default: UTC for a sheet with exactly the columns of Pinterest's bulk upload, whose times Pinterest reads as UTC; otherwise that of the account.",
  }),
  again: queryFlag.meta({
    description:
      'Create every entry, also those that equal an existing post, and content that was sent before. Default: false.',
  }),
});
export type CreateBatchOptions = z.output<typeof CreateBatchQuery>;

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
    status: z.enum(['pending', 'created', 'existing', 'failed']).meta({
      description:
        '`existing`: a post with this content exists already (same board, section, media, texts, link and time), so none was created.',
    }),
    postId: z.string().nullable().meta({ description: 'The post; with intervalBoards the first one.' }),
    details: z
      .array(z.object({ path: z.string(), code: z.string(), message: z.string() }))
      .nullable()
      .meta({ description: 'Why it failed: one entry for each invalid field.' }),
    warnings: z.array(warning).meta({ description: 'What was accepted and needs attention.' }),
  })
  .meta({ id: 'BatchEntry' });

const BatchView = z
  .object({
    id: z.string().meta({ description: 'Batch id.' }),
    status: z.enum(['processing', 'completed']),
    total: z.int().meta({ description: 'The number of entries.' }),
    created: z.int().meta({ description: 'The number of entries whose posts exist.' }),
    existing: z.int().meta({
      description: 'The number of entries whose post existed already, so that none was created.',
    }),
    failed: z.int().meta({ description: 'The number of entries that were refused.' }),
    warned: z.int().meta({ description: 'The number of entries with warnings.' }),
    pending: z.int().meta({ description: 'The number of entries that are not processed yet.' }),
    createdAt: unixSeconds.meta({ description: 'Creation time (Unix seconds).' }),
    repeated: z.boolean().meta({
      description:
        'The same content was sent again within 7 days. What was created and still exists is not created again; what failed, or whose post was deleted, is tried again.',
    }),
    timezone: z.string().nullable().meta({
      description: "The time zone in which a sheet's times without an offset were read; null otherwise.",
    }),
    ignoredColumns: z
      .array(
        z.object({
          name: z.string(),
          suggestion: z
            .string()
            .nullable()
            .meta({ description: 'The name that the column may need to be read.' }),
        }),
      )
      .meta({ description: 'The columns of a sheet that were not read.' }),
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

export function toBatchView(batch: BatchRow): z.input<typeof BatchView> {
  const { id, status, total, created, existing, failed, warned, repeated, timezone } = batch;
  return {
    ...{ id, status, total, created, existing, failed, warned, repeated, timezone },
    pending: total - created - existing - failed,
    createdAt: toUnixSeconds(batch.created_at),
    // Only batches.queries.ts writes this column.
    ignoredColumns: batch.ignored_columns as z.input<typeof BatchView>['ignoredColumns'],
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
    warnings: entry.warnings as z.input<typeof BatchEntry>['warnings'],
  };
}

// Accepts a batch: stores the entries and sends the job that creates their posts.
import { createHash } from 'node:crypto';
import { newId } from '../../../domain/ids.ts';
import { addMs, nextTurn } from '../../../platform/clock.ts';
import type { Tx } from '../../../platform/db/index.ts';
import type { Caller, Context } from '../../../platform/use-case/index.ts';
import { type AccountRow, getAccount } from '../../accounts/index.ts';
import { tooManyBatches } from '../record/posts.errors.ts';
import { type BatchParts, batchQueue } from './batch-jobs.ts';
import { BatchLine } from './batch-lines.ts';
import {
  type BatchRow,
  findBatchByContent,
  insertBatch,
  lockContent,
  markRepeated,
  type NewEntries,
  type NewEntry,
  reopenBatch,
} from './batches.queries.ts';
import { type CreateBatch, type CreateBatchOptions, toBatchView } from './batches.schema.ts';
import { createPlaceFinder } from './sheet/places.ts';
import { type RowContext, readRow } from './sheet/row.ts';
import { toStorable } from './storable-entry.ts';
import { countUnfinished } from './unfinished-batches.queries.ts';

/** docs/api-contract.md#posts. */
const sameContentMs = 7 * 24 * 3600 * 1000;

/** The maximum number of batches of an organization that are not completed: what they store is bounded with it. */
const batchesWaitingMax = 100;

/** Entries are serialized this much at a time: some milliseconds. */
const charactersPerTurn = 128 * 1024;

/**
 * Stores the entries. Identical content within seven days is the batch that was created first: what was created and still
 * exists stays, and the rest is tried again.
 * @throws accountNotFound, tooManyBatches
 */
export async function createBatch(
  parts: BatchParts,
  context: Context,
  accountId: string,
  input: CreateBatch,
  options: CreateBatchOptions,
) {
  const account = await getAccount(parts.database.db, context, accountId);
  const header = headerOf(input.posts);
  const timezone = header ? (options.timezone ?? (header.isPinterests ? 'UTC' : account.timezone)) : null;
  const { entries, sha256 } = await toEntries(parts, context, account, input.posts, timezone);
  return context.commit(async (tx) => {
    const now = context.clock.now();
    if (!options.again) {
      const repeated = await repeatBatch(parts, tx, { accountId: account.id, sha256, now, entries });
      if (repeated) return { data: { batch: toBatchView(repeated) } };
    }
    const row = {
      id: newId('bat'),
      organization_id: account.organization_id,
      account_id: account.id,
      content_sha256: sha256,
      actor: context.actor,
      created_at: now,
      again: options.again,
      timezone,
      ignored_columns: header?.ignored ?? [],
    };
    const waiting = await countUnfinished(tx, account.organization_id, batchesWaitingMax);
    if (waiting >= batchesWaitingMax) throw tooManyBatches();
    const batch = await insertBatch(tx, row, entries);
    await sendBatch(parts, tx, batch);
    return { data: { batch: toBatchView(batch) } };
  });
}

/** An organization's batches are a group of jobs, so that they do not delay those of others. */
async function sendBatch({ jobs }: Pick<BatchParts, 'jobs'>, tx: Tx, batch: BatchRow): Promise<void> {
  const { id, organization_id: group } = batch;
  await jobs.send(tx, batchQueue, { batchId: id }, { key: id, group });
}

/** Returns the batch that has this content, with its failed and vanished entries pending again; undefined if there is none. */
async function repeatBatch(
  parts: Pick<BatchParts, 'jobs'>,
  tx: Tx,
  { accountId, sha256, now, entries }: { accountId: string; sha256: string; now: Date; entries: NewEntries },
): Promise<BatchRow | undefined> {
  await lockContent(tx, accountId, sha256);
  const batch = await findBatchByContent(tx, { accountId, sha256, since: addMs(now, -sameContentMs) });
  if (!batch) return undefined;
  if (batch.status === 'processing') return markRepeated(tx, batch.id);
  const reopened = await reopenBatch(tx, batch.id, entries);
  if (reopened.status === 'processing') {
    await sendBatch(parts, tx, batch);
  }
  return reopened;
}

const headerOf = ([first]: readonly unknown[]) => (first instanceof BatchLine ? first.header : undefined);

/**
 * Rows of a sheet become bodies of create. The hash is of their cells, so that a board that is created meanwhile does not make
 * the same sheet another one.
 */
async function toEntries(
  { boards }: Pick<BatchParts, 'boards'>,
  caller: Caller,
  account: AccountRow,
  posts: readonly unknown[],
  timezone: string | null,
): Promise<{ entries: NewEntries; sha256: string }> {
  const rows = posts.flatMap((post) => (post instanceof BatchLine && post.cells ? post.cells : []));
  const fields = headerOf(posts)?.fields;
  const sheet: RowContext | undefined =
    fields && timezone !== null
      ? {
          timezone,
          hasTimes: fields.has('sendAt') || fields.has('time'),
          findPlace: await createPlaceFinder({ boards }, caller, account, rows),
        }
      : undefined;
  const entries: NewEntries = { texts: [], failed: 0 };
  const hash = createHash('sha256').update(JSON.stringify(timezone));
  let characters = 0;
  for (const post of posts) {
    const entry = toStorable(toEntry(post, sheet));
    const text = JSON.stringify(entry);
    const cells = post instanceof BatchLine ? post.cells : undefined;
    hash.update(',').update(cells ? JSON.stringify([entry.row, cells]) : text);
    entries.texts.push(text);
    if (entry.details !== null) entries.failed += 1;
    characters += text.length;
    if (characters < charactersPerTurn) continue;
    characters = 0;
    await nextTurn();
  }
  return { entries, sha256: hash.digest('hex') };
}

function toEntry(post: unknown, sheet: RowContext | undefined): NewEntry {
  if (!(post instanceof BatchLine)) return { row: null, body: post, details: null };
  const { row, body, cells, problem } = post;
  if (problem) return { row, body: null, details: [problem] };
  if (!cells || !sheet) return { row, body, details: null };
  const read = readRow(cells, sheet);
  if ('details' in read) return { row, body: null, details: read.details };
  return { row, body: read.body, details: null };
}

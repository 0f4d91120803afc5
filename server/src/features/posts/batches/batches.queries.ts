// SQL on batches and their entries.

import type { RawBuilder, Selectable } from 'kysely';
import { type Connection, json, type Schema, sql, type Tx } from '../../../platform/db/index.ts';
import type { Detail } from '../../../platform/errors.ts';
import { single } from '../../../platform/single.ts';
import { type Actor, actorFromColumn, type Warning } from '../../../platform/use-case/index.ts';
import type { IgnoredColumn } from './sheet/columns.ts';

export type BatchRow = Selectable<Schema['batches']>;
export type BatchEntryRow = Selectable<Schema['batch_entries']>;

/** An entry to be stored: a body that is pending, or the problems of one that cannot be read. */
export interface NewEntry {
  row: number | null;
  body: unknown;
  details: readonly Detail[] | null;
}

export interface NewEntries {
  /** Each is a NewEntry as JSON. */
  texts: string[];
  /** The number of entries that have details. */
  failed: number;
}

/** The size of a statement's parameters, which are serialized without a pause. */
const charactersPerStatement = 512 * 1024;

/** Locks the content until the transaction ends, so that only one request at a time decides whether it is new. */
export async function lockContent(tx: Tx, accountId: string, sha256: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${accountId} ${sha256}`}, 0))`.execute(tx);
}

/** Finds and locks it, so that no entries of it are recorded until the transaction ends. */
export async function findBatchByContent(
  tx: Tx,
  { accountId, sha256, since }: { accountId: string; sha256: string; since: Date },
): Promise<BatchRow | undefined> {
  return tx
    .selectFrom('batches')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('content_sha256', '=', sha256)
    .where('created_at', '>', since)
    .orderBy('created_at')
    .limit(1)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

type NewBatch = Pick<
  BatchRow,
  'id' | 'organization_id' | 'account_id' | 'content_sha256' | 'created_at' | 'again' | 'timezone'
> & { actor: Actor; ignored_columns: readonly IgnoredColumn[] };

export async function insertBatch(tx: Tx, batch: NewBatch, { texts, failed }: NewEntries): Promise<BatchRow> {
  const row = await tx
    .insertInto('batches')
    .values({
      ...batch,
      actor: json(batch.actor),
      ignored_columns: json(batch.ignored_columns),
      status: 'processing',
      total: texts.length,
      failed,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  for (const { from, entries } of slicesOf(texts)) {
    await sql`
      insert into batch_entries (batch_id, index, row, status, body, details)
      select ${batch.id}, entry.* from ${entriesIn(entries, from)} entry
    `.execute(tx);
  }
  return row;
}

/**
 * Makes the entries of a completed batch pending again that failed, or whose post does not exist any more. Those that cannot
 * be read stay failed.
 */
export async function reopenBatch(tx: Tx, batchId: string, { texts }: NewEntries): Promise<BatchRow> {
  for (const { from, entries } of slicesOf(texts)) {
    await sql`
      update batch_entries e set status = entry.status, body = entry.body, details = entry.details, post_id = null,
        warnings = '[]'
      from ${entriesIn(entries, from)} entry
      where e.batch_id = ${batchId} and e.index = entry.index and (
        e.status = 'failed'
        or not exists (select from posts p where p.id = e.post_id and p.deleted_at is null)
      )
    `.execute(tx);
  }
  const { rows } = await sql<BatchRow>`
    update batches b set repeated = true, created = now.created, existing = now.existing, failed = now.failed,
      warned = now.warned,
      status = case when now.pending > 0 then 'processing' else b.status end,
      completed_at = case when now.pending > 0 then null else b.completed_at end
    from (
      select count(*) filter (where status = 'created')::int as created,
        count(*) filter (where status = 'existing')::int as existing,
        count(*) filter (where status = 'failed')::int as failed,
        count(*) filter (where status = 'pending')::int as pending,
        count(*) filter (where warnings <> '[]')::int as warned
      from batch_entries where batch_id = ${batchId}
    ) now
    where b.id = ${batchId}
    returning b.*
  `.execute(tx);
  return single(rows);
}

/** Marks that the content of a batch that is not completed was sent again. */
export async function markRepeated(tx: Tx, batchId: string): Promise<BatchRow> {
  return tx
    .updateTable('batches')
    .set({ repeated: true })
    .where('id', '=', batchId)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Parts of the entries, each small enough for one statement. */
function* slicesOf(texts: readonly string[]): Generator<{ from: number; entries: string }> {
  for (let from = 0; from < texts.length; ) {
    let to = from;
    for (let characters = 0; to < texts.length && characters < charactersPerStatement; to += 1) {
      characters += texts[to]?.length ?? 0;
    }
    yield { from, entries: `[${texts.slice(from, to).join(',')}]` };
    from = to;
  }
}

/** SQL: entries as rows of index, row, status, body and details. */
function entriesIn(entries: string, from: number): RawBuilder<unknown> {
  return sql`(
    select ${from}::int + place::int - 1 as index, row,
      case when details is null then 'pending' else 'failed' end as status, body, details
    from rows from (json_to_recordset(${entries}::json) as (row integer, body jsonb, details jsonb))
      with ordinality as entry (row, body, details, place)
  )`;
}

export async function findBatch(
  connection: Connection,
  { organizationId, accountId, batchId }: { organizationId: string; accountId: string; batchId: string },
): Promise<BatchRow | undefined> {
  return connection
    .selectFrom('batches')
    .selectAll()
    .where('id', '=', batchId)
    .where('account_id', '=', accountId)
    .where('organization_id', '=', organizationId)
    .executeTakeFirst();
}

/** For the job, which acts for every organization. */
export async function getBatchForWork(
  connection: Connection,
  batchId: string,
): Promise<BatchRow | undefined> {
  return connection.selectFrom('batches').selectAll().where('id', '=', batchId).executeTakeFirst();
}

/**
 * The accounts to which the sender of a batch is restricted; null for all. Read when the batch runs, so that the present
 * accounts of the key count.
 */
export async function findSenderAccounts(
  connection: Connection,
  { actor, account_id: accountId, organization_id: organizationId }: BatchRow,
): Promise<string[] | null> {
  const { type, id } = actorFromColumn(actor);
  // Batches from before their actor was recorded.
  if (type === 'system') return null;
  const key = await connection
    .selectFrom('api_keys')
    .select('account_ids')
    .where('id', '=', id)
    .where('organization_id', '=', organizationId)
    .executeTakeFirst();
  return key ? key.account_ids : [accountId];
}

/** @param from The index of the first entry of the page. */
export async function listEntries(
  connection: Connection,
  { batchId, from, limit }: { batchId: string; from: number; limit: number },
): Promise<BatchEntryRow[]> {
  return connection
    .selectFrom('batch_entries')
    .selectAll()
    .where('batch_id', '=', batchId)
    .where('index', '>=', from)
    .orderBy('index')
    .limit(limit)
    .execute();
}

/** The next pending entries, in their order. */
export async function listPending(
  connection: Connection,
  batchId: string,
  limit: number,
): Promise<BatchEntryRow[]> {
  return connection
    .selectFrom('batch_entries')
    .selectAll()
    .where('batch_id', '=', batchId)
    .where('status', '=', 'pending')
    .orderBy('index')
    .limit(limit)
    .execute();
}

/**
 * Locks the batch, so that no other transaction records results of its entries, and the other batches of the account, which
 * may have equal entries. Returns how many of these entries are still pending. That is a second statement, so that it sees
 * what the transaction that had the lock has committed.
 */
export async function lockBatch(
  tx: Tx,
  { id: batchId, account_id: accountId }: Pick<BatchRow, 'id' | 'account_id'>,
  indexes: readonly number[],
): Promise<number> {
  await sql`
    select pg_advisory_xact_lock(hashtextextended(${`batches of ${accountId}`}, 0)),
      (select 1 from batches where id = ${batchId} for no key update)
  `.execute(tx);
  const { rows } = await sql<{ pending: number }>`
    select count(*)::int as pending from batch_entries
    where batch_id = ${batchId} and index = any(${[...indexes]}::int[]) and status = 'pending'
  `.execute(tx);
  return rows[0]?.pending ?? 0;
}

/** The result of an entry: its first post, which may have existed before, or the problems. */
export type EntryResult = { index: number; warnings: readonly Warning[] } & (
  | { status: 'created' | 'existing'; postId: string; details: null }
  | { status: 'failed'; postId: null; details: readonly Detail[] }
);

/** Records the results of pending entries and counts them. */
export async function recordResults(tx: Tx, batchId: string, results: readonly EntryResult[]): Promise<void> {
  await sql`
    with result as (
      select * from json_to_recordset(${JSON.stringify(results)}::json)
        as result (index integer, status text, "postId" text, details jsonb, warnings jsonb)
    ),
    written as (
      update batch_entries e set status = result.status, post_id = result."postId", details = result.details,
        warnings = result.warnings, body = null
      from result
      where e.batch_id = ${batchId} and e.index = result.index and e.status = 'pending'
      returning e.status, e.warnings
    ),
    counted as (
      select count(*) filter (where status = 'created')::int as created,
        count(*) filter (where status = 'existing')::int as existing,
        count(*) filter (where status = 'failed')::int as failed,
        count(*) filter (where warnings <> '[]')::int as warned
      from written
    )
    update batches b set created = b.created + counted.created, existing = b.existing + counted.existing,
      failed = b.failed + counted.failed, warned = b.warned + counted.warned
    from counted where b.id = ${batchId}
  `.execute(tx);
}

/** Returns undefined when the batch was completed earlier, or entries are pending. */
export async function completeBatch(tx: Tx, batchId: string, now: Date): Promise<BatchRow | undefined> {
  return tx
    .updateTable('batches')
    .set({ status: 'completed', completed_at: now })
    .where('id', '=', batchId)
    .where('status', '=', 'processing')
    .where(sql<boolean>`created + existing + failed = total`)
    .returningAll()
    .executeTakeFirst();
}

/** A full page of `removeOldBatches`. The entries of each batch are removed with it. */
export const batchesRemovedMax = 20;

/** Removes a page of the batches that were completed before a moment. Their posts stay. */
export async function removeOldBatches(connection: Connection, before: Date): Promise<number> {
  const result = await sql`
    delete from batches where id = any(array(
      select id from batches where status = 'completed' and completed_at < ${before}
      order by completed_at limit ${batchesRemovedMax}
    ))
  `.execute(connection);
  return Number(result.numAffectedRows ?? 0);
}

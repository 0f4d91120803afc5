// SQL on batches and their entries.

import type { Selectable } from 'kysely';
import { type Connection, json, type Schema, sql, type Tx } from '../../../platform/db/index.ts';
import type { Detail } from '../../../platform/errors.ts';
import { type Actor, actorFromColumn } from '../../../platform/use-case/index.ts';

export type BatchRow = Selectable<Schema['batches']>;
export type BatchEntryRow = Selectable<Schema['batch_entries']>;
export type BatchCounts = Pick<BatchRow, 'created' | 'failed'>;

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

export async function findBatchByContent(
  connection: Connection,
  { accountId, sha256, since }: { accountId: string; sha256: string; since: Date },
): Promise<BatchRow | undefined> {
  return connection
    .selectFrom('batches')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('content_sha256', '=', sha256)
    .where('created_at', '>', since)
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst();
}

export async function insertBatch(
  connection: Connection,
  {
    actor,
    ...batch
  }: Pick<BatchRow, 'id' | 'organization_id' | 'account_id' | 'content_sha256' | 'created_at'> & {
    actor: Actor;
  },
  { texts, failed }: NewEntries,
): Promise<BatchRow> {
  const row = await connection
    .insertInto('batches')
    .values({ ...batch, actor: json(actor), status: 'processing', total: texts.length, failed })
    .returningAll()
    .executeTakeFirstOrThrow();
  for (let from = 0; from < texts.length; ) {
    let to = from;
    for (let characters = 0; to < texts.length && characters < charactersPerStatement; to += 1) {
      characters += texts[to]?.length ?? 0;
    }
    const entries = `[${texts.slice(from, to).join(',')}]`;
    await sql`
      insert into batch_entries (batch_id, index, row, status, body, details)
      select ${batch.id}, ${from} + place - 1, row, case when details is null then 'pending' else 'failed' end, body,
        details
      from rows from (json_to_recordset(${entries}::json) as (row integer, body jsonb, details jsonb))
        with ordinality as entry (row, body, details, place)
    `.execute(connection);
    from = to;
  }
  return row;
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
 * Locks the batch, so that no other transaction records results of its entries. Returns how many of these entries are
 * still pending. That is a second statement, so that it sees what the transaction that had the lock has committed.
 */
export async function lockBatch(tx: Tx, batchId: string, indexes: readonly number[]): Promise<number> {
  await sql`select 1 from batches where id = ${batchId} for no key update`.execute(tx);
  const { rows } = await sql<{ pending: number }>`
    select count(*)::int as pending from batch_entries
    where batch_id = ${batchId} and index = any(${[...indexes]}::int[]) and status = 'pending'
  `.execute(tx);
  return rows[0]?.pending ?? 0;
}

/** The result of an entry: its first post, or the problems. */
export type EntryResult = { index: number } & (
  | { postId: string; details: null }
  | { postId: null; details: readonly Detail[] }
);

/** Records the results of pending entries and counts them. */
export async function recordResults(tx: Tx, batchId: string, results: readonly EntryResult[]): Promise<void> {
  await sql`
    with result as (
      select * from json_to_recordset(${JSON.stringify(results)}::json)
        as result (index integer, "postId" text, details jsonb)
    ),
    written as (
      update batch_entries e set
        status = case when result."postId" is null then 'failed' else 'created' end,
        post_id = result."postId", details = result.details, body = null
      from result
      where e.batch_id = ${batchId} and e.index = result.index and e.status = 'pending'
      returning e.status
    ),
    counted as (
      select count(*) filter (where status = 'created')::int as created,
        count(*) filter (where status = 'failed')::int as failed
      from written
    )
    update batches b set created = b.created + counted.created, failed = b.failed + counted.failed
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
    .where((eb) => eb(eb('created', '+', eb.ref('failed')), '=', eb.ref('total')))
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

// Accepts a batch: stores the entries and sends the job that creates their posts.
import { createHash } from 'node:crypto';
import { newId } from '../../../domain/ids.ts';
import { addMs, nextTurn } from '../../../platform/clock.ts';
import type { Caller, Context } from '../../../platform/use-case/index.ts';
import { type AccountRow, getAccount } from '../../accounts/index.ts';
import { type BatchParts, batchQueue } from './batch-jobs.ts';
import { BatchLine } from './batch-lines.ts';
import {
  findBatchByContent,
  insertBatch,
  lockContent,
  type NewEntries,
  type NewEntry,
} from './batches.queries.ts';
import { type CreateBatch, toBatchView } from './batches.schema.ts';
import { readRow } from './sheet-columns.ts';
import { toStorable } from './storable-entry.ts';

/** docs/api-contract.md#posts. */
const sameContentMs = 7 * 24 * 3600 * 1000;

/** Entries are serialized this much at a time: some milliseconds. */
const charactersPerTurn = 128 * 1024;

/**
 * Stores the entries. Identical content within seven days returns the batch that was created first.
 * @throws accountNotFound
 */
export async function createBatch(
  parts: BatchParts,
  context: Context,
  accountId: string,
  input: CreateBatch,
) {
  const account = await getAccount(parts.database.db, context, accountId);
  const entries = await toEntries(parts, context, account, input.posts);
  const sha256 = hashOf(entries.texts);
  return context.commit(async (tx) => {
    const now = context.clock.now();
    await lockContent(tx, account.id, sha256);
    const since = addMs(now, -sameContentMs);
    const repeated = await findBatchByContent(tx, { accountId: account.id, sha256, since });
    if (repeated) return { data: { batch: toBatchView(repeated, repeated) } };
    const row = {
      id: newId('bat'),
      organization_id: account.organization_id,
      account_id: account.id,
      content_sha256: sha256,
      actor: context.actor,
      created_at: now,
    };
    const batch = await insertBatch(tx, row, entries);
    await parts.jobs.send(tx, batchQueue, { batchId: batch.id }, { key: batch.id });
    return { data: { batch: toBatchView(batch, batch) } };
  });
}

/** Rows of a sheet become bodies of create. The boards are read once, because rows may name them. */
async function toEntries(
  { boards }: Pick<BatchParts, 'boards'>,
  caller: Caller,
  account: AccountRow,
  posts: readonly unknown[],
): Promise<NewEntries> {
  const isSheet = posts.some((post) => post instanceof BatchLine && post.cells);
  const findBoard = isSheet ? await boardFinder(boards, caller, account) : () => undefined;
  const entries: NewEntries = { texts: [], failed: 0 };
  let characters = 0;
  for (const post of posts) {
    const entry = toStorable(toEntry(post, { timezone: account.timezone, findBoard }));
    const text = JSON.stringify(entry);
    entries.texts.push(text);
    if (entry.details !== null) entries.failed += 1;
    characters += text.length;
    if (characters < charactersPerTurn) continue;
    characters = 0;
    await nextTurn();
  }
  return entries;
}

function toEntry(post: unknown, options: Parameters<typeof readRow>[1]): NewEntry {
  if (!(post instanceof BatchLine)) return { row: null, body: post, details: null };
  const { row, body, cells, problem } = post;
  if (problem) return { row, body: null, details: [problem] };
  if (!cells) return { row, body, details: null };
  const read = readRow(cells, options);
  if ('details' in read) return { row, body: null, details: read.details };
  return { row, body: read.body, details: null };
}

/** Finds a board by its id, or by a name that only one board has. */
async function boardFinder(boards: BatchParts['boards'], caller: Caller, account: AccountRow) {
  const { data } = await boards.list(caller, account.id, { refresh: false });
  const idsByName = new Map<string, string[]>();
  for (const { id, name } of data.boards) {
    idsByName.set(name.toLowerCase(), [...(idsByName.get(name.toLowerCase()) ?? []), id]);
  }
  const ids = new Set(data.boards.map((board) => board.id));
  return (nameOrId: string) => {
    if (ids.has(nameOrId)) return nameOrId;
    const matches = idsByName.get(nameOrId.toLowerCase()) ?? [];
    return matches.length === 1 ? matches[0] : undefined;
  };
}

function hashOf(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const [index, text] of texts.entries()) hash.update(index === 0 ? '[' : ',').update(text);
  return hash.update(']').digest('hex');
}

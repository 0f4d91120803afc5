// Use cases of batches: take many posts in, and create them in the background in the order given.

import { createHash } from 'node:crypto';
import { isId, newId } from '../../../domain/ids.ts';
import { addMs, nextTurn } from '../../../platform/clock.ts';
import type { Detail } from '../../../platform/errors.ts';
import { defineQueue, type Jobs } from '../../../platform/jobs/index.ts';
import { type Caller, type Context, invalidQuery } from '../../../platform/use-case/index.ts';
import { type AccountRow, getAccount } from '../../accounts/index.ts';
import { batchNotFound } from '../record/posts.errors.ts';
import { BatchLine, entryValuesMax, tooManyValues } from './batch-lines.ts';
import {
  findBatch,
  findBatchByContent,
  getBatchForWork,
  insertBatch,
  listEntries,
  lockContent,
  type NewEntries,
  type NewEntry,
} from './batches.queries.ts';
import { type CreateBatch, toBatchEntryView, toBatchView } from './batches.schema.ts';
import { type RunParts, runBatch } from './run-batch.ts';
import { readRow } from './sheet-columns.ts';

/** docs/api-contract.md#posts. */
const sameContentMs = 7 * 24 * 3600 * 1000;

/** What became of the entries can be read for as long. */
export const batchesKeptMs = 28 * 24 * 3600 * 1000;

/**
 * Long batches fetch many pictures; what a job that was cut off has done stays done. Only a part that is away makes a
 * job fail, and a batch must outlast that: for weeks.
 */
export const batchQueue = defineQueue<{ batchId: string }>('post-batches', {
  concurrency: 2,
  timeoutSeconds: 600,
  retries: 10_000,
  retryDelaySeconds: 2,
  retryDelaySecondsMax: 300,
});

export interface BatchParts extends RunParts {
  jobs: Jobs;
}

/** Deeper than any body of create; PostgreSQL and JSON.stringify have limits of their own. */
const depthMax = 20;

/** Why the database could not keep this, or the worker not check it in a moment. */
function unstorable(body: unknown): Detail | undefined {
  let values = 0;
  return find(body, 0);

  function find(value: unknown, depth: number): Detail | undefined {
    values += 1;
    if (values > entryValuesMax) return tooManyValues;
    if (typeof value === 'string') return badText(value);
    if (typeof value !== 'object' || value === null) return undefined;
    if (depth > depthMax) {
      return { path: '', code: 'too_deep', message: 'Lists and objects lie too deep in one another.' };
    }
    for (const name in value) {
      const problem = badText(name) ?? find((value as Record<string, unknown>)[name], depth + 1);
      if (problem) return problem;
    }
    return undefined;
  }
}

function badText(text: string): Detail | undefined {
  if (text.isWellFormed() && !text.includes('\0')) return undefined;
  const message = 'Contains an invalid character (a NUL or half of a surrogate pair).';
  return { path: '', code: 'bad_character', message };
}

/** An entry that cannot be kept has failed before it is. */
function storable(entry: NewEntry): NewEntry {
  const problem = unstorable(entry.body);
  return problem ? { ...entry, body: null, details: [problem] } : entry;
}

/** Written in one go: some milliseconds. */
const charactersAtOnce = 128 * 1024;

/** Creates the posts of batches in the background, from now on. */
export function workOnBatches(parts: BatchParts): void {
  const { jobs, database } = parts;
  jobs.work(batchQueue, async ({ batchId }, { signal, log }) => {
    const batch = await getBatchForWork(database.db, batchId);
    if (batch) await runBatch(parts, batch, { signal, log });
  });
}

/**
 * Stores the entries. Identical content within seven days is answered with the batch that it made first.
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

/** Rows of a sheet become bodies of create; for that, the names of boards are read once. */
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
    const entry = storable(toEntry(post, { timezone: account.timezone, findBoard }));
    const text = JSON.stringify(entry);
    entries.texts.push(text);
    if (entry.details !== null) entries.failed += 1;
    characters += text.length;
    if (characters < charactersAtOnce) continue;
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

/**
 * The progress of a batch, and one page of its entries.
 * @throws accountNotFound, batchNotFound, invalidQuery
 */
export async function getBatch(
  { database }: Pick<BatchParts, 'database'>,
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
  const entries = await listEntries(db, { batchId: batch.id, from, limit: query.limit + 1 });
  const page = entries.slice(0, query.limit);
  const next = entries[query.limit];
  return {
    batch: { ...toBatchView(batch, batch), entries: page.map(toBatchEntryView) },
    cursor: next ? String(next.index) : null,
  };
}

function hashOf(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const [index, text] of texts.entries()) hash.update(index === 0 ? '[' : ',').update(text);
  return hash.update(']').digest('hex');
}

/** Entries never move, so their place is the cursor. */
function decodeCursor(cursor: string): number {
  if (/^\d{1,4}$/.test(cursor)) return Number(cursor);
  throw invalidQuery([
    {
      path: 'cursor',
      code: 'invalid_cursor',
      message: 'Is no cursor of this batch. Send `data.cursor` of the page before.',
    },
  ]);
}

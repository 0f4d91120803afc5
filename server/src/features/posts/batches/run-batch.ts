// Creates the posts of a batch in the order of its entries, a group at a time: read entries, read facts, compose each entry,
// write the group, record its results. Posts and results of a group commit together, so that a process that continues after
// a crash neither repeats nor skips an entry.
import { appendEvent } from '../../../domain/events.ts';
import { actorFromColumn } from '../../../platform/use-case/index.ts';
import { getAccountForWork } from '../../accounts/index.ts';
import { createPostBody } from '../compose/create-post.schema.ts';
import { type BatchRow, completeBatch, findSenderAccounts, listPending } from './batches.queries.ts';
import { type BatchRun, type ComposedEntry, composeGroup, type RunParts } from './compose-group.ts';
import { entriesPerGroupMax, type ParsedEntry, selectGroup } from './select-group.ts';
import { writeGroup } from './write-group.ts';

/** The group that is written, and the next one, which is composed at the same time. */
const entriesListed = 2 * entriesPerGroupMax;

interface Group {
  entries: readonly ParsedEntry[];
  composed: readonly ComposedEntry[];
}

/** @throws Outage when a dependency is unavailable: written groups stay written, and the job continues with the next one */
export async function runBatch(
  parts: RunParts,
  batch: BatchRow,
  { signal, log }: Pick<BatchRun, 'signal' | 'log'>,
): Promise<void> {
  const { db } = parts.database;
  const body = createPostBody(parts);
  const viewer = {
    organizationId: batch.organization_id,
    actor: actorFromColumn(batch.actor),
    accountIds: await findSenderAccounts(db, batch),
  };
  const account = await getAccountForWork(db, batch.account_id);
  const run: BatchRun = { batch, account, viewer, signal, log, pictures: new Map() };
  const listNext = () => listPending(db, batch.id, entriesListed);
  const composeNext = async (
    pending: Awaited<ReturnType<typeof listNext>>,
    writing: readonly ParsedEntry[] = [],
  ): Promise<Group> => {
    if (signal.aborted) throw new Error('the batch takes longer than its job may; the next job continues it');
    const entries = await selectGroup(pending, body, writing);
    return { entries, composed: await composeGroup(parts, run, entries) };
  };
  let pending = await listNext();
  let group = await composeNext(pending);
  while (group.entries.length > 0) {
    pending = pending.slice(group.entries.length);
    const [isWritten, next] = await bothSettled(
      writeGroup(parts, run, group.composed),
      composeNext(pending, group.entries),
    );
    // If it was not written, another process works on this batch as well, and the pending entries are read again.
    const isNextUsable = isWritten && next.entries.length > 0;
    if (!isWritten || pending.length === 0) pending = await listNext();
    group = isNextUsable ? next : await composeNext(pending);
  }
  await finishBatch(parts, batch);
}

/** Like Promise.all, but waits for both also when one of them fails. */
async function bothSettled<First, Second>(
  first: Promise<First>,
  second: Promise<Second>,
): Promise<[First, Second]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

/** Marks a batch as completed and appends its event, once. */
async function finishBatch({ database, clock }: RunParts, batch: BatchRow): Promise<void> {
  await database.transaction(async (tx) => {
    const completed = await completeBatch(tx, batch.id, clock.now());
    if (!completed) return;
    await appendEvent(tx, {
      organizationId: batch.organization_id,
      accountId: batch.account_id,
      postId: null,
      type: 'batch.completed',
      at: clock.now(),
      actor: actorFromColumn(batch.actor),
      data: {
        batchId: batch.id,
        total: completed.total,
        created: completed.created,
        existing: completed.existing,
        failed: completed.failed,
      },
    });
  });
}
